import { expect } from "chai";
import { hold, unhold, type Held } from "../../core/lock";
import { sideBySide } from "../support/side-by-side";
import {
  holderAhead,
  holderMade,
  inOrder,
  inScene,
  isBehind,
  nothingElse,
  release,
} from "./in-one-go";
import { newLock, useLab } from "./lab";
import { heldUp, once, type Request } from "./scripted-session";

const failure = { step: "act", reason: "exit 1", at: "2026-01-01" };
const act = { by: "op@x", why: "look" };

/** Each but the first names the holder that the one before makes. */
function eachNamesTheOneBefore(grants: Request[]): void {
  const made = grants.map(holderMade);
  expect(grants.map(holderAhead)).to.deep.equal([
    undefined,
    ...made.slice(0, -1),
  ]);
}

describe("who stands right behind one whose grant is under way", () => {
  const lab = useLab(after);
  const it = sideBySide();

  it("asks at once, naming the holder that the other is to be", async () => {
    const lock = newLock({ maxHolders: 3 });
    const scene = await inScene(lab, lock);
    const { grants, arrive, released } = await release(scene, scene.holders);
    expect(grants).to.have.length(3);
    eachNamesTheOneBefore(grants);
    arrive();
    const held = await inOrder(...scene.waiting);
    expect(held.map(({ path }) => path)).to.deep.equal(grants.map(holderMade));
    await released;
    const looks = scene.session.take().filter(({ kind }) => kind === "list");
    expect(looks).to.deep.equal([]);
    await nothingElse(lab, lock, held);
  });

  it("does not get it on hold; after it they all ask at once again", async () => {
    const lock = newLock({ maxHolders: 3 });
    const operator = await lab.session();
    const scene = await inScene(lab, lock);
    const { arrive, released } = await release(scene, scene.holders);
    await hold(operator, lock.path, act);
    arrive();
    await Promise.all(scene.waiting.map((each) => each.waitsAgain()));
    await released;
    expect(await lab.holders(lock)).to.deep.equal([]);
    scene.session.take();
    await unhold(operator, lock.path, act);
    const held = await inOrder(...scene.waiting);
    const grants = scene.session.take().filter(holderMade);
    expect(grants).to.have.length(3);
    eachNamesTheOneBefore(grants);
    await nothingElse(lab, lock, held);
  });

  it("makes a slot anew that is there and empty", async () => {
    const lock = newLock({ maxHolders: 2 });
    const [session, operator] = [await lab.session(), await lab.session()];
    await (await lab.get(lock.by("z"), session)).release();
    await hold(operator, lock.path, act);
    const d = await lab.contend(lock.by("d"), session);
    const e = await lab.contend(lock.by("e"), session);
    await Promise.all([d.tells(), e.tells()]);
    await operator.create(`${lock.paths.holders}/1`);
    session.take();
    await unhold(operator, lock.path, act);
    const held = await inOrder(d, e);
    const grants = session.take().filter(holderMade);
    expect(grants).to.have.length(2);
    eachNamesTheOneBefore(grants);
    await nothingElse(lab, lock, held);
  });

  /** The grant that goes with its release is refused with it, for the release's own sake. */
  async function spoil({ path }: Held): Promise<void> {
    const other = await lab.session();
    const [live] = (await other.getChildren(path)).children!;
    await other.remove(`${path}/${live}`);
  }

  it("does not overtake the other that was refused and asks again", async () => {
    const lock = newLock({ maxHolders: 3 });
    const scene = await inScene(lab, lock);
    const { session, holders, waiting } = scene;
    const [d, e, f] = waiting;
    const { until: refused, goOn } = heldUp();
    const { grants, arrive, released } = await release(
      scene,
      holders,
      once(isBehind, { after: goOn }),
    );
    await spoil(holders[0]!);
    const id = holderMade(grants[0]!)!.split("/").at(-1)!;
    const { until: others, goOn: askAgain } = heldUp();
    session.script = once(
      (request) => holderMade(request)?.endsWith(id) ?? false,
      { before: () => others },
    );
    arrive();
    await refused;
    await Promise.all([e!.waits(), f!.waits()]);
    askAgain();
    const held = await inOrder(d!, e!, f!);
    await released;
    await nothingElse(lab, lock, held);
  });

  it("does not ask once the other was refused", async () => {
    const lock = newLock({ maxHolders: 2 });
    const scene = await inScene(lab, lock, ["a", "b"], ["d", "e"]);
    const { session, holders, waiting } = scene;
    const [a, b] = holders;
    const { arrive, released } = await release(scene, [a!]);
    await spoil(a!);
    const { until: refused, goOn } = heldUp();
    const { until: others, goOn: look } = heldUp();
    session.script = once(({ path }) => path === `${lock.paths.holders}/0`, {
      before: () => (goOn(), others),
    });
    arrive();
    await refused;
    session.take();
    await b!.release();
    expect(session.take().filter(holderMade)).to.deep.equal([]);
    look();
    const held = await inOrder(...waiting);
    await released;
    await nothingElse(lab, lock, held);
  });

  it("is first when the other's waiter was taken away by hand", async () => {
    const lock = newLock({ maxHolders: 3 });
    const other = await lab.session();
    const scene = await inScene(lab, lock);
    const [d, e, f] = scene.waiting;
    const { grants, arrive, released } = await release(scene, scene.holders);
    const gone = grants[0]!.operations.find(({ as }) => as === "next waiter")!;
    await other.remove(gone.path);
    arrive();
    const held = await inOrder(e!, f!, d!);
    await released;
    await nothingElse(lab, lock, held);
  });

  it("does not get it after a failure", async () => {
    const lock = newLock({ maxHolders: 4 });
    const fails = await lab.get(lock.by("x"));
    const scene = await inScene(lab, lock);
    const [a, b, c] = scene.holders;
    const { grants, arrive, released } = await release(scene, [a!, b!]);
    expect(grants).to.have.length(2);
    await fails.fail(failure);
    arrive();
    await Promise.all(scene.waiting.slice(0, 2).map((one) => one.waitsAgain()));
    await released;
    await c!.release();
    expect(await lab.holders(lock)).to.deep.equal([fails.id]);
    await (await lab.get(lock.by("x"))).release();
    await nothingElse(lab, lock, await inOrder(...scene.waiting));
  });

  it("is not one behind whom another process waits", async () => {
    const lock = newLock({ maxHolders: 3 });
    const scene = await inScene(lab, lock, ["a", "b", "c"], ["d"]);
    const other = await lab.contend(lock.by("x"));
    await other.waits();
    const last = await lab.contend(lock.by("e"), scene.session);
    await last.tells();
    const { grants, arrive, released } = await release(scene, scene.holders);
    expect(grants).to.have.length(1);
    arrive();
    const held = await inOrder(scene.waiting[0]!, other, last);
    await released;
    await nothingElse(lab, lock, held);
  });
});

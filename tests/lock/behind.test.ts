import { expect } from "chai";
import { hold, unhold } from "../../core/lock";
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

  it("does not overtake the other that was refused and asks again", async () => {
    const lock = newLock({ maxHolders: 3 });
    const other = await lab.session();
    const scene = await inScene(lab, lock);
    const { session, holders, waiting } = scene;
    const [d, e, f] = waiting;
    const { until: refused, goOn } = heldUp();
    const { grants, arrive, released } = await release(
      scene,
      holders,
      once(isBehind, { after: goOn }),
    );
    const [live] = (await other.getChildren(holders[0]!.path)).children!;
    await other.remove(`${holders[0]!.path}/${live}`); // refused for the release's sake
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

  it("does not get it after a failure; nor does anybody ask behind one that was refused", async () => {
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
    scene.session.take();
    await c!.release();
    expect(scene.session.take().filter(holderMade)).to.deep.equal([]);
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

describe("who queues while the grants of its process are under way", () => {
  const lab = useLab(after);
  const it = sideBySide();

  it("lists neither the queue nor the slots", async () => {
    const lock = newLock({ maxHolders: 2 });
    const scene = await inScene(lab, lock, ["a", "b"], ["d", "e"]);
    const { arrive, released } = await release(scene, scene.holders);
    const last = await lab.contend(lock.by("f"), scene.session);
    await last.waits();
    const kinds = scene.session.take().map(({ kind }) => kind);
    expect(kinds).to.deep.equal(["create", "read"]);
    arrive();
    const [held] = await inOrder(...scene.waiting);
    await released;
    await held!.release();
    await nothingElse(lab, lock, await inOrder(scene.waiting[1]!, last));
  });

  it("adopts at once what one of them left that was granted", async () => {
    const lock = newLock({ maxHolders: 2 });
    const scene = await inScene(lab, lock, ["a", "b"], ["d", "e"]);
    const { until, goOn } = heldUp();
    const { arrive, released } = await release(
      scene,
      scene.holders,
      once(isBehind, { after: () => until }),
    );
    arrive();
    await released;
    await (await scene.waiting[0]!.gets()).abandon();
    const owner = await lab.contend(lock.by("d"), scene.session);
    await Promise.race([owner.waits().catch(() => {}), owner.ended]);
    expect(owner.held?.adopted?.target).to.equal("d");
    goOn();
    const held = await scene.waiting[1]!.gets();
    await nothingElse(lab, lock, [held, owner.held!]);
  });
});

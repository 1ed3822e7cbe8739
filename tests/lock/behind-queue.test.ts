import { expect } from "chai";
import { sideBySide } from "../support/side-by-side";
import { inOrder, inScene, isBehind, nothingElse, release } from "./in-one-go";
import { newLock, useLab, type TestLock } from "./lab";
import { heldUp, once } from "./scripted-session";

describe("who queues while the grants of its process are under way", () => {
  const lab = useLab(after);
  const it = sideBySide();

  /** One has it, and the grant of the one behind it has left but does not arrive. */
  async function underWay(lock: TestLock) {
    const scene = await inScene(lab, lock, ["a", "b"], ["d", "e"]);
    const { until, goOn } = heldUp();
    const { arrive, released } = await release(
      scene,
      scene.holders,
      once(isBehind, { before: () => until }),
    );
    arrive();
    await released;
    const [d, e] = scene.waiting;
    return { session: scene.session, held: await d!.gets(), e: e!, goOn };
  }

  it("lists neither the queue nor the slots", async () => {
    const lock = newLock({ maxHolders: 2 });
    const { session, held, e, goOn } = await underWay(lock);
    session.take();
    const last = await lab.contend(lock.by("f"), session);
    await last.waits();
    const kinds = session.take().map(({ kind }) => kind);
    expect(kinds).to.deep.equal(["create", "read"]);
    goOn();
    await held.release();
    await nothingElse(lab, lock, await inOrder(e, last));
  });

  it("adopts at once what one of them left that was granted", async () => {
    const lock = newLock({ maxHolders: 2 });
    const { session, held, e, goOn } = await underWay(lock);
    await held.abandon();
    const owner = await lab.contend(lock.by("d"), session);
    await Promise.race([owner.waits().catch(() => {}), owner.ended]);
    expect(owner.held?.adopted?.target).to.equal("d");
    goOn();
    await nothingElse(lab, lock, [await e.gets(), owner.held!]);
  });
});

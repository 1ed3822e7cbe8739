import { expect } from "chai";
import { LimitsDisagree } from "../../core/lock";
import { sideBySide } from "../support/side-by-side";
import { inOrder, inScene, nothingElse, release } from "./in-one-go";
import { newLock, slotOf, useLab } from "./lab";
import { heldUp, isGrant, once } from "./scripted-session";

describe("who does not ask right behind one whose grant is under way", () => {
  const lab = useLab(after);
  const it = sideBySide();

  for (const [maxPerGroup, does] of [
    [null, "joins its slot"],
    [1, "waits for it"],
  ] as const)
    it(`is of its group, with maxPerGroup ${maxPerGroup}, and ${does}`, async () => {
      const lock = newLock({ maxHolders: 3, maxPerGroup });
      const scene = await inScene(
        lab,
        lock,
        ["a", "b", "c"],
        ["d", lock.by("e", { group: "d" }), "f"],
      );
      const [d, e, f] = scene.waiting;
      const { grants, arrive, released } = await release(scene, scene.holders);
      expect(grants).to.have.length(1);
      arrive();
      const first = await d!.gets();
      await released;
      if (maxPerGroup === 1) {
        await Promise.all([e!.leads(), f!.waits()]);
        await first.release();
        return nothingElse(lab, lock, await inOrder(e!, f!));
      }
      const mate = await e!.gets();
      expect(slotOf(mate)).to.equal(slotOf(first));
      await nothingElse(lab, lock, [mate, ...(await inOrder(d!, f!))]);
    });

  for (const [owner, who] of [
    ["d", "is just being granted"],
    ["b", "holds"],
  ] as const)
    it(`is of an owner that ${who}, and waits for it`, async () => {
      const lock = newLock({ maxHolders: 3 });
      const scene = await inScene(
        lab,
        lock,
        ["a", "b", "c"],
        ["d", lock.by(owner, { group: "e" }), "f"],
      );
      const [a, b, c] = scene.holders;
      const [d, e, f] = scene.waiting;
      const { grants, arrive, released } = await release(scene, [a!, c!]);
      expect(grants).to.have.length(1);
      arrive();
      const granted = await d!.gets();
      await released;
      await Promise.all([e!.leads(), f!.waits()]);
      await Promise.all([granted.release(), b!.release()]);
      await nothingElse(lab, lock, await inOrder(e!, f!));
    });

  it("asked for other limits, and is told so when it is first", async () => {
    const lock = newLock({ maxHolders: 2 });
    const before = await lab.get(lock.by("x", { maxFailures: 2 }));
    const session = await lab.session();
    const { until: refused, goOn } = heldUp();
    const { until: changed, goOn: queues } = heldUp();
    session.script = once(isGrant, { after: () => (goOn(), changed) });
    const asked = lock.by("e", { maxFailures: 2 });
    const e = await lab.contend(asked, session);
    await refused; // under the limits of before
    await before.release();
    const holders = [
      await lab.get(lock.by("a"), session),
      await lab.get(lock.by("b"), session),
    ];
    const d = await lab.contend(lock.by("d"), session);
    await d.tells();
    queues();
    await e.tells();
    const scene = { session, holders, waiting: [d, e] };
    const { grants, arrive, released } = await release(scene, holders);
    expect(grants).to.have.length(1);
    arrive();
    expect(await e.fails()).to.be.instanceOf(LimitsDisagree);
    await released;
    await nothingElse(lab, lock, [await d.gets()]);
  });
});

import { expect } from "chai";
import { newLock, slotOf, useLab } from "./lab";

const failure = { step: "act", reason: "broken", at: "2026-01-01T00:00:00Z" };

describe("a process that holds the lock already and asks for more of it", () => {
  const lab = useLab();

  /** Two of one process held, one of them released since, and another process took its slot. */
  async function scene(group: string) {
    const lock = newLock({ maxHolders: 3 });
    const [ours, theirs] = [await lab.session(), await lab.session()];
    const released = await lab.get(lock.by("x"), ours);
    await lab.get(lock.by("b"), ours);
    await released.release();
    const other = await lab.get(lock.by("d", { group }), theirs);
    return { lock, ours, other };
  }

  it("gets no second slot for a group that another process holds, though it asks for two at once", async () => {
    const { lock, ours, other } = await scene("g");
    const [, mate] = await Promise.all([
      lab.get(lock.by("a"), ours),
      lab.get(lock.by("c", { group: "g" }), ours),
    ]);
    expect(slotOf(mate)).to.equal(slotOf(other));
  });

  it("never holds for an owner that another process holds for, though it asks for two at once", async () => {
    const { lock, ours, other } = await scene("d");
    const asked = [
      await lab.contend(lock.by("a"), ours),
      await lab.contend(lock.by("d"), ours),
    ] as const;
    await asked[0].gets();
    await asked[1].waits();
    expect(await lab.holders(lock)).to.include(other.id);
    await other.release();
    await asked[1].gets();
  });

  it("counts its own repair of a failed holder as a failure", async () => {
    const lock = newLock({ maxHolders: 2 });
    const failed = await lab.get(lock.by("a"));
    await failed.fail(failure);
    const session = await lab.session();
    const repairing = await lab.get(lock.by("a"), session);
    expect(repairing.adopted?.state).to.equal("failed");
    const next = await lab.contend(lock.by("b"), session);
    await next.waits();
    expect(await lab.holders(lock)).to.deep.equal([repairing.id]);
    await repairing.release();
    await (await next.gets()).release();
    await lab.isEmpty(lock);
  });

  it("does not ask for it by FAST, which would fail", async () => {
    const lock = newLock({ maxHolders: 2 });
    const session = await lab.session();
    await lab.get(lock.by("a"), session);
    session.take();
    await lab.get(lock.by("b"), session);
    const kinds = session.take().map(({ kind }) => kind);
    expect(kinds[0]).to.equal("create");
  });
});

import { expect } from "chai";
import { newLock, useLab } from "./lab";
import { once, type ScriptedSession } from "./scripted-session";

/** Which slot a holder is in. */
const slotOf = (path: string) => path.split("/").at(-2);

describe("a group", () => {
  const lab = useLab();

  it("shares one slot, and the last one out frees it", async () => {
    const lock = newLock();
    const first = await lab.get(lock.by("a", { group: "rack1" }));
    const second = await lab.get(lock.by("b", { group: "rack1" }));
    const other = await lab.contend(lock.by("c", { group: "rack2" }));
    await other.waits();
    expect(slotOf(second.path)).to.equal(slotOf(first.path));
    await first.release();
    await lab.has(lock, `holders/0/${second.id}`);
    expect(other.held).to.equal(null);
    await second.release();
    await (await other.gets()).release();
    await lab.isEmpty(lock);
  });

  it("does not get a second slot by the fast path beside its own", async () => {
    const lock = newLock({ maxHolders: 2 });
    const elsewhere = await lab.get(lock.by("x"));
    const first = await lab.get(lock.by("a", { group: "rack1" }));
    expect(slotOf(first.path)).to.equal("1");
    await elsewhere.release();
    const second = await lab.get(lock.by("b", { group: "rack1" }));
    expect(slotOf(second.path)).to.equal("1");
  });

  it("that is full keeps its next member waiting beside a free slot", async () => {
    const lock = newLock({ maxHolders: 2, maxPerGroup: 1 });
    const first = await lab.get(lock.by("a", { group: "rack1" }));
    const second = await lab.contend(lock.by("b", { group: "rack1" }));
    await second.waits();
    expect(await lab.holders(lock)).to.deep.equal([first.id]);
    await first.release();
    await (await second.gets()).release();
    await lab.isEmpty(lock);
  });

  it("that is full gets no second slot either when another one comes free", async () => {
    const lock = newLock({ maxHolders: 2, maxPerGroup: 1 });
    const elsewhere = await lab.get(lock.by("x"));
    const first = await lab.get(lock.by("a", { group: "rack1" }));
    const second = await lab.contend(lock.by("b", { group: "rack1" }));
    await second.tells();
    await elsewhere.release();
    await second.waitsAgain();
    expect(await lab.holders(lock)).to.deep.equal([first.id]);
    await first.release();
    await (await second.gets()).release();
    await lab.isEmpty(lock);
  });

  it("lets in as many members as maxPerGroup says", async () => {
    const lock = newLock({ maxPerGroup: 2 });
    await lab.get(lock.by("a", { group: "rack1" }));
    const second = await lab.get(lock.by("b", { group: "rack1" }));
    const third = await lab.contend(lock.by("c", { group: "rack1" }));
    await third.waits();
    await second.release();
    expect(slotOf((await third.gets()).path)).to.equal("0");
  });

  it("with a failed member lets no other one in, though failures are left", async () => {
    const lock = newLock({ maxHolders: 2, maxFailures: 2 });
    const first = await lab.get(lock.by("a", { group: "rack1" }));
    await first.fail({ step: "act", reason: "exit 1", at: "2026-01-01" });
    const second = await lab.contend(lock.by("b", { group: "rack1" }));
    const [, ...ways] = (await second.tells()).holders;
    expect(ways).to.deep.equal([]);
    second.cancel();
    await second.fails();
    const other = await lab.get(lock.by("c", { group: "rack2" }));
    expect(slotOf(other.path)).to.equal("1");
  });

  it("whose two members leave at once leaves no slot behind", async () => {
    const lock = newLock();
    const sessions = [await lab.session(), await lab.session()] as const;
    const first = await lab.get(lock.by("a", { group: "g" }), sessions[0]);
    const second = await lab.get(lock.by("b", { group: "g" }), sessions[1]);
    // each has seen the other before either of them goes
    const together = meeting(2);
    for (const session of sessions)
      session.script = once(
        ({ operations }) => operations.some(({ as }) => as === "other"),
        { before: together },
      );
    await Promise.all([first.release(), second.release()]);
    await lab.isEmpty(lock);
  });

  it("is joined in the order of the queue, never past another group", async () => {
    const lock = newLock();
    const first = await lab.get(lock.by("a", { group: "rack1" }));
    const other = await lab.contend(lock.by("b", { group: "rack2" }));
    await other.waits();
    const second = await lab.contend(lock.by("c", { group: "rack1" }));
    await second.waits();
    await first.release();
    const held = await other.gets();
    expect(second.held).to.equal(null);
    await held.release();
    await (await second.gets()).release();
  });

  it("is looked for after the queue was listed: a grant in between is seen", async () => {
    const lock = newLock({ maxHolders: 2 });
    const blockers = [await lab.get(lock.by("x")), await lab.get(lock.by("y"))];
    const before = await lab.contend(lock.by("a", { group: "rack1" }));
    await before.waits();
    const session = await lab.session();
    const behind = await lab.contend(lock.by("b", { group: "rack1" }), session);
    await behind.waits();
    session.script = once(({ path }) => path.endsWith("/waiters"), {
      after: () => slotsFollow(session),
    });
    session.take();
    await blockers[1]!.release();
    const first = await before.gets();
    const second = await behind.gets();
    expect(slotOf(second.path)).to.equal(slotOf(first.path));
    const lists = session
      .take()
      .filter(({ kind }) => kind === "list")
      .map(({ path }) => path);
    expect(lists.indexOf(lock.paths.waiters)).to.be.below(
      lists.indexOf(`${lock.paths.holders}/0`),
    );
  });
});

function slotsFollow(session: ScriptedSession): void {
  session.script = () => {};
}

/** Everybody waits until so many are there. */
function meeting(size: number): () => Promise<void> {
  let open = () => {};
  const all = new Promise<void>((resolve) => (open = resolve));
  let count = 0;
  return () => {
    if (++count === size) open();
    return all;
  };
}

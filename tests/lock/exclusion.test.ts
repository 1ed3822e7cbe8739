import { expect } from "chai";
import { hold, LimitsDisagree, setLimits, unhold } from "../../core/lock";
import { newLock, useLab, type TestLock } from "./lab";
import { isGrant, isLockWrite, once, type Request } from "./scripted-session";

const failure = { step: "act", reason: "exit 1", at: "2026-01-01" };
const act = { by: "op@x", why: "test" };

describe("never more than N groups hold", () => {
  const lab = useLab();

  it("with N = 1: the second waits, whoever it is", async () => {
    const lock = newLock();
    await lab.get(lock.by("a"));
    const other = await lab.contend(lock.by("b"));
    const report = await other.tells();
    expect(report.place).to.equal(1);
    expect(report.holders.map(({ state }) => state)).to.deep.equal(["live"]);
    expect(await lab.holders(lock)).to.have.length(1);
  });

  it("with N = 2: two get slots of their own, the third waits", async () => {
    const lock = newLock({ maxHolders: 2 });
    await lab.get(lock.by("a"));
    await lab.get(lock.by("b"));
    const third = await lab.contend(lock.by("c"));
    await third.waits();
    expect(
      (await lab.tree(lock)).filter((path) => /^holders\/\d+$/.test(path)),
    ).to.deep.equal(["holders/0", "holders/1"]);
  });

  it("when many come at once", async () => {
    const lock = newLock({ maxHolders: 2 });
    const sessions = await Promise.all([1, 2, 3].map(() => lab.session()));
    let most = 0;
    let holding = 0;
    await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const held = await lab.get(lock.by(`t${i}`), sessions[i % 3]);
        most = Math.max(most, ++holding);
        await held.reassert();
        holding -= 1;
        await held.release();
      }),
    );
    expect(most).to.be.at.most(2);
    await lab.isEmpty(lock);
  });

  it("when a holder comes between the look at L and a grant with another N", async () => {
    const lock = newLock({ maxHolders: 2 });
    await (await lab.get(lock.by("z"))).release();
    const session = await lab.session();
    session.script = once(isGrant, { before: () => lab.get(lock.by("a")) });
    const contender = await lab.contend(
      lock.by("b", { maxHolders: 1 }),
      session,
    );
    const error = await contender.fails();
    expect(error).to.be.instanceOf(LimitsDisagree);
    expect(error.message).to.equal(
      `lock ${lock.name}: it is in use with maxHolders 2, asked for 1`,
    );
  });

  it("when an operator lowers N while somebody takes a slot above it", async () => {
    const lock = newLock({ maxHolders: 2 });
    await lab.get(lock.by("a"));
    const operator = await lab.session();
    operator.script = once(isLockWrite, {
      before: () => lab.get(lock.by("b")),
    });
    const error = await setLimits(operator, lock.path, { maxHolders: 1 }, act)
      .then(() => null)
      .catch((error: Error) => error);
    expect(error?.message).to.match(
      /^max holders 1: slot 1 is held by b \(app\), live for \d+ s, restart app by user@ci$/,
    );
    const { data } = await operator.getData(lock.path);
    expect(JSON.parse(data!.toString())).to.include({ max: 2 });
  });

  it("when a member is adopted between the list of its slot and the look at it", async () => {
    const lock = newLock({ maxHolders: 2 });
    const { failed, free } = await failedBesideFree(lock);
    const session = await lab.session();
    session.script = once(reads(failed), {
      before: () => lab.get(lock.by("a")), // as repairing, in the same slot
    });
    await free();
    const contender = await lab.contend(lock.by("b"), session);
    const [holder, ...more] = (await contender.tells()).holders;
    expect(more).to.deep.equal([]);
    expect(holder?.state).to.equal("repairing");
  });

  it("when a member of the own group is adopted between the list and the look", async () => {
    const lock = newLock({ maxHolders: 2, maxPerGroup: 1 });
    const elsewhere = await lab.get(lock.by("x"));
    const stale = await lab.get(lock.by("a", { group: "rack" }));
    await stale.abandon();
    await elsewhere.release();
    const session = await lab.session();
    session.script = once(reads(stale.path), {
      before: () => lab.get(lock.by("a", { group: "rack" })),
    });
    const contender = await lab.contend(
      lock.by("b", { group: "rack" }),
      session,
    );
    await contender.waits();
    expect(await lab.holders(lock)).to.have.length(1);
  });

  it("when the only member of a slot leaves between the list and the look: its slot is taken", async () => {
    const lock = newLock();
    const first = await lab.get(lock.by("a"));
    const session = await lab.session();
    session.script = once(reads(first.path), { before: () => first.release() });
    const held = await lab.get(lock.by("b"), session);
    expect(await lab.holders(lock)).to.deep.equal([held.id]);
  });

  it("when both members of a slot leave between the list and the look: it is looked at again", async () => {
    const lock = newLock();
    const members = [
      await lab.get(lock.by("a", { group: "rack" })),
      await lab.get(lock.by("b", { group: "rack" })),
    ];
    const session = await lab.session();
    let gone: Promise<unknown> | null = null;
    session.script = ({ path }) =>
      members.some((member) => member.path === path)
        ? {
            before: () =>
              (gone ??= Promise.all(members.map((held) => held.release()))),
          }
        : undefined;
    const held = await lab.get(lock.by("c"), session);
    expect(await lab.holders(lock)).to.deep.equal([held.id]);
  });

  it("when a holder fails between the look and the grant", async () => {
    const lock = newLock({ maxHolders: 2 });
    const first = await lab.get(lock.by("a"));
    const session = await lab.session();
    session.script = once(isQueuedGrant, { before: () => first.fail(failure) });
    const contender = await lab.contend(lock.by("b"), session);
    await contender.waits();
    expect(await lab.holders(lock)).to.deep.equal([first.id]);
  });

  it("when a holder fails right after it was looked at, whatever is asked next", async () => {
    const lock = newLock({ maxHolders: 2 });
    const first = await lab.get(lock.by("a"));
    const session = await lab.session();
    let looked = false;
    session.script = once(
      (request) => {
        const next = looked;
        looked ||= reads(first.path)(request);
        return next;
      },
      { before: () => first.fail(failure) },
    );
    const contender = await lab.contend(lock.by("b"), session);
    await contender.waits();
    expect(await lab.holders(lock)).to.deep.equal([first.id]);
  });

  it("when a holder fails so and another attempt of the same process has read L since", async () => {
    const lock = newLock({ maxHolders: 2 });
    const first = await lab.get(lock.by("a"));
    const session = await lab.session();
    session.script = once(isQueuedGrant, {
      before: async () => {
        await first.fail(failure);
        const beside = await lab.contend(
          lock.by("c", { maxHolders: 3 }),
          session,
        );
        await beside.fails(); // it disagrees, and has put L into the shared cache
      },
    });
    const contender = await lab.contend(lock.by("b"), session);
    await contender.waits();
    expect(await lab.holders(lock)).to.deep.equal([first.id]);
  });

  it("when a hold comes between the look and the grant; its end wakes the waiter", async () => {
    const lock = newLock({ maxHolders: 2 });
    await lab.get(lock.by("a"));
    const [session, operator] = [await lab.session(), await lab.session()];
    session.script = once(isQueuedGrant, {
      before: () => hold(operator, lock.path, act),
    });
    const contender = await lab.contend(lock.by("b"), session);
    const report = await contender.tells();
    expect(report.hold).to.include({ by: "op@x", why: "test" });
    expect(report.holders).to.have.length(1);
    expect(await unhold(operator, lock.path, act)).to.equal(true);
    await contender.gets();
  });

  it("when a failure is marked at the moment of a hold: the hold stays", async () => {
    const lock = newLock();
    const [session, operator] = [await lab.session(), await lab.session()];
    const held = await lab.get(lock.by("a"), session);
    session.script = once(isLockWrite, {
      before: () => hold(operator, lock.path, act),
    });
    await held.fail(failure);
    const { data } = await operator.getData(lock.path);
    expect(JSON.parse(data!.toString())).to.deep.include({ max: 1 });
    expect(
      (JSON.parse(data!.toString()) as { hold: { why: string } }).hold.why,
    ).to.equal("test");
  });

  const reads = (path: string) => (request: Request) =>
    request.kind === "read" && request.path === path;

  const isQueuedGrant = (request: Request) =>
    isGrant(request) && request.operations.some(({ as }) => as === "waiter");

  /** A failed holder in slot 1; slot 0 comes free by `free`. */
  async function failedBesideFree(lock: TestLock) {
    const elsewhere = await lab.get(lock.by("x"));
    const bad = await lab.get(lock.by("a"));
    await bad.fail(failure);
    return { failed: bad.path, free: () => elsewhere.release() };
  }
});

import { expect } from "chai";
import { remove } from "../../core/zookeeper/operations";
import { newLock, slotOf, useLab, type TestLock } from "./lab";
import {
  heldUp,
  isBeside,
  isEnqueue,
  isRemoval,
  once,
  type ScriptedSession,
} from "./scripted-session";

describe("who comes beside others of its process", () => {
  const lab = useLab();

  /** Nobody has queued; how many got in beside others. */
  function besides(session: ScriptedSession): number {
    const requests = session.take();
    expect(requests.filter(isEnqueue)).to.deep.equal([]);
    return requests.filter(isBeside).length;
  }

  it("takes a free place in one transaction, as all do who come at once", async () => {
    const lock = newLock({ maxHolders: 4 });
    const session = await lab.session();
    const held = await Promise.all(
      ["a", "b", "c"].map((target) => lab.get(lock.by(target), session)),
    );
    expect(besides(session)).to.equal(2);
    expect(held.map(slotOf)).to.deep.equal(["0", "1", "2"]);
    await lab.get(lock.by("d"), session);
    expect(session.take().map(({ kind }) => kind)).to.deep.equal(["multi"]);
  });

  it("leaves it to one of them to make the lock", async () => {
    const lock = newLock({ maxHolders: 3 });
    const session = await lab.session();
    await Promise.all(
      ["a", "b", "c"].map((target) => lab.get(lock.by(target), session)),
    );
    const requests = session.take();
    const made = requests.filter(({ operations }) =>
      operations.some(({ as }) => as === "lock data"),
    );
    expect(made).to.have.length(1);
    expect(requests.filter(({ kind }) => kind === "read")).to.have.length(2);
  });

  it("can be cancelled while another one reads the lock", async () => {
    const lock = newLock();
    const session = await lab.session();
    const { until, goOn } = heldUp();
    session.script = once(({ kind }) => kind === "read", {
      before: () => until,
    });
    const a = await lab.contend(lock.by("a"), session);
    const b = await lab.contend(lock.by("b"), session);
    b.cancel();
    await b.fails();
    goOn();
    await a.gets();
  });

  it("takes the place of one who has left", async () => {
    const lock = newLock({ maxHolders: 2 });
    const session = await lab.session();
    const a = await lab.get(lock.by("a"), session);
    const b = await lab.get(lock.by("b"), session);
    session.take();
    await a.release();
    const c = await lab.get(lock.by("c"), session);
    expect(besides(session)).to.equal(1);
    expect(slotOf(c)).to.equal("0");
    await Promise.all([b.release(), c.release()]);
    await lab.isEmpty(lock);
  });

  it("waits where there is no place, and where its group or owner holds", async () => {
    const lock = newLock({ maxHolders: 2, maxPerGroup: 1 });
    const session = await lab.session();
    const a = await lab.get(lock.by("a"), session);
    const groupOfA = await lab.contend(lock.by("g", { group: "a" }), session);
    await groupOfA.waits();
    const b = await lab.contend(lock.by("b"), session);
    await b.waits();
    await a.release();
    await (await groupOfA.gets()).release();
    await (await b.gets()).release();
    await lab.isEmpty(lock);
  });

  it("knows of a grant to another process: its own owner is not joined", async () => {
    const lock = newLock({ maxHolders: 3 });
    const session = await lab.session();
    await lab.get(lock.by("a"), session);
    const { owner } = lock.by("c");
    const other = await lab.get(lock.by("x", { group: "a", owner }));
    const c = await lab.contend(lock.by("c"), session);
    await c.waits();
    expect(await lab.holders(lock)).to.have.length(2);
    await other.release();
    await c.gets();
  });

  it("overtakes nobody who waits", async () => {
    const lock = newLock({ maxHolders: 3 });
    const session = await lab.session();
    const a = await lab.get(lock.by("a"), session);
    const first = await lab.contend(lock.by("a"));
    await first.waits(); // for the run of its own owner, though there is a place
    const second = await lab.contend(lock.by("b"), session);
    await second.waits();
    await a.release();
    const [one, two] = [await first.gets(), await second.gets()];
    expect(BigInt(one.fencingToken) < BigInt(two.fencingToken)).to.equal(true);
  });

  it("is not deceived by holders that were made anew", async () => {
    const lock = newLock({ maxHolders: 3 });
    const session = await lab.session();
    const a = await lab.get(lock.by("a"), session);
    const other = await lab.session();
    const [live] = (await other.getChildren(a.path)).children!;
    await other.multi([
      remove("live", `${a.path}/${live}`),
      remove("holder", a.path),
      remove("slot", a.path.slice(0, a.path.lastIndexOf("/"))),
    ]);
    const b = await lab.get(lock.by("b", { group: "g" }), other);
    session.take();
    const c = await lab.get(lock.by("c", { group: "g" }), session);
    expect(session.take().filter(isBeside)).to.have.length(1);
    expect(slotOf(c)).to.equal(slotOf(b));
  });

  for (const lose of ["request", "reply"] as const)
    it(`gets the lock once when its ${lose} is lost, and so do those behind it`, async () => {
      const lock = newLock({ maxHolders: 4 });
      const session = await lab.session();
      session.script = once(isBeside, { lose });
      const held = await Promise.all(
        ["a", "b", "c", "d"].map((target) => lab.get(lock.by(target), session)),
      );
      expect((await lab.holders(lock)).sort()).to.deep.equal(
        held.map(({ id }) => id).sort(),
      );
      await Promise.all(held.map((each) => each.release()));
      await lab.isEmpty(lock);
    });

  describe("one of whom leaves", () => {
    /** Its release is lost, and sent again when `arrive` is called; a place before its own is free. */
    async function leaving(lock: TestLock) {
      const session = await lab.session();
      const place = await lab.get(lock.by("p"), session);
      const a = await lab.get(lock.by("a"), session);
      const b = await lab.get(lock.by("b"), session);
      await place.release();
      const { until: late, goOn: arrive } = heldUp();
      const lost = once(isRemoval, { lose: "request" });
      const again = once(isRemoval, { before: () => late });
      session.script = (request) => lost(request) ?? again(request);
      return { session, a, b, released: a.release(), arrive };
    }

    it("does not take its owner for gone before it is", async () => {
      const lock = newLock({ maxHolders: 3 });
      const { session, a, b, released, arrive } = await leaving(lock);
      const next = await lab.contend(lock.by("a"), session);
      await next.waits();
      expect((await lab.holders(lock)).sort()).to.deep.equal(
        [a.id, b.id].sort(),
      );
      arrive();
      await released;
      await next.gets();
    });

    it("does not give its group a second place before it has left the first", async () => {
      const lock = newLock({ maxHolders: 3 });
      const { session, a, released, arrive } = await leaving(lock);
      const next = await lab.get(lock.by("c", { group: "a" }), session);
      expect(slotOf(next)).to.equal(slotOf(a));
      arrive();
      await released;
    });
  });

  it("goes by the queue when the one before it was refused", async () => {
    const lock = newLock({ maxHolders: 4 });
    await lab.get(lock.by("x"));
    const session = await lab.session();
    const held = await Promise.all(
      ["a", "b", "c"].map((target) => lab.get(lock.by(target), session)),
    );
    expect(held.map(slotOf).sort()).to.deep.equal(["1", "2", "3"]);
  });

  it("leaves nothing when it is cancelled in doubt", async () => {
    const lock = newLock({ maxHolders: 2 });
    const session = await lab.session();
    const a = await lab.get(lock.by("a"), session);
    let cancel = () => {};
    session.script = once(isBeside, {
      lose: "reply",
      after: () => cancel(),
    });
    const b = await lab.contend(lock.by("b"), session);
    cancel = () => b.cancel();
    await b.fails();
    await a.release();
    await lab.isEmpty(lock);
  });
});

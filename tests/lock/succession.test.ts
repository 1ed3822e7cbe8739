import { expect } from "chai";
import { hold, LockCancelled, LockLost, unhold } from "../../core/lock";
import { remove } from "../../core/zookeeper/operations";
import { inQueueOrder } from "../../core/lock/tree/paths";
import type { Contender } from "./contender";
import { newLock, useLab, type TestLock } from "./lab";
import {
  heldUp,
  isEnqueue,
  once,
  type Request,
  type ScriptedSession,
} from "./scripted-session";

/** Whether it is a release that makes the next one the holder. */
const isJoint = ({ operations }: Request): boolean =>
  operations.some(({ as }) => as === "next holder");

describe("a release and the next one of the same process", () => {
  const lab = useLab();

  /** One holds, one waits, over one session. */
  async function two(lock: TestLock) {
    const session = await lab.session();
    const holder = await lab.get(lock.by("a"), session);
    const next = await lab.contend(lock.by("b"), session);
    await next.waits();
    session.take();
    return { session, holder, next };
  }

  async function endsWith(next: Contender, lock: TestLock): Promise<void> {
    const held = await next.gets();
    expect(await lab.holders(lock)).to.deep.equal([held.id]);
    await held.reassert();
    await held.release();
    await lab.isEmpty(lock);
  }

  /** Requests that change something. */
  const writes = (session: ScriptedSession) =>
    session.take().filter(({ operations }) => operations.length > 0);

  it("go in one transaction", async () => {
    const lock = newLock();
    const { session, holder, next } = await two(lock);
    await holder.release({ kind: "acted" });
    const held = await next.gets();
    const [joint, ...more] = writes(session);
    expect(isJoint(joint!)).to.equal(true);
    expect(more).to.deep.equal([]);
    expect(BigInt(held.fencingToken) > BigInt(holder.fencingToken)).to.equal(
      true,
    );
    await endsWith(next, lock);
  });

  it("go on one by one when a hold comes between", async () => {
    const lock = newLock();
    const operator = await lab.session();
    const act = { by: "op@x", why: "look" };
    const { session, holder, next } = await two(lock);
    await next.tells();
    session.script = once(isJoint, {
      before: () => hold(operator, lock.path, act),
    });
    await holder.release();
    expect(await lab.holders(lock)).to.deep.equal([]);
    expect((await next.waitsAgain()).hold?.why).to.equal("look");
    await unhold(operator, lock.path, act);
    await endsWith(next, lock);
  });

  it("go on one by one on hold, though the next one came after the hold", async () => {
    const lock = newLock();
    const [session, operator] = [await lab.session(), await lab.session()];
    const holder = await lab.get(lock.by("a"), session);
    await hold(operator, lock.path, { by: "op@x", why: "look" });
    const next = await lab.contend(lock.by("b"), session);
    await next.tells();
    await holder.release();
    await next.waitsAgain();
    expect(await lab.holders(lock)).to.deep.equal([]);
    await unhold(operator, lock.path, { by: "op@x", why: "seen" });
    await endsWith(next, lock);
  });

  it("go on one by one when the holder was taken away by hand", async () => {
    const lock = newLock();
    const other = await lab.session();
    const { session, holder, next } = await two(lock);
    const [live] = (await other.getChildren(holder.path)).children!;
    const slot = holder.path.slice(0, holder.path.lastIndexOf("/"));
    session.script = once(isJoint, {
      before: () =>
        other.multi([
          remove("live", `${holder.path}/${live}`),
          remove("holder", holder.path),
          remove("slot", slot),
        ]),
    });
    const error = await holder.release().then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(LockLost);
    await endsWith(next, lock);
  });

  it("go on one by one when the waiter was taken away by hand", async () => {
    const lock = newLock();
    const other = await lab.session();
    const { session, holder, next } = await two(lock);
    const [waiter] = await lab.waiters(lock);
    session.script = once(isJoint, {
      before: () => other.remove(`${lock.paths.waiters}/${waiter}`),
    });
    await holder.release();
    await endsWith(next, lock);
  });

  for (const lose of ["request", "reply"] as const)
    it(`both settle what became of it when its ${lose} is lost`, async () => {
      const lock = newLock();
      const { session, holder, next } = await two(lock);
      session.script = once(isJoint, { lose });
      await holder.release();
      await endsWith(next, lock);
    });

  it("both settle it over a new session", async () => {
    const lock = newLock();
    const { session, holder, next } = await two(lock);
    session.script = once(isJoint, {
      lose: "reply",
      after: () => session.loseSession(),
    });
    await holder.release();
    await endsWith(next, lock);
  });

  it("nothing comes of it when it arrives after both were settled", async () => {
    const lock = newLock();
    const { session, holder, next } = await two(lock);
    const { until: late, goOn: arrive } = heldUp();
    session.script = once(isJoint, { late });
    await holder.release();
    const held = await next.gets();
    arrive();
    const [answer] = await Promise.all(session.arrived);
    expect(answer!.code).to.equal("NO_NODE");
    expect(await lab.holders(lock)).to.deep.equal([held.id]);
    await endsWith(next, lock);
  });

  it("leaves nothing when its answer is lost and the next one cancelled", async () => {
    const lock = newLock();
    const { session, holder, next } = await two(lock);
    session.script = once(isJoint, {
      lose: "reply",
      after: () => next.cancel(),
    });
    await holder.release();
    expect(await next.fails()).to.be.instanceOf(LockCancelled);
    await lab.isEmpty(lock);
  });

  it("never joins two runs of one owner", async () => {
    const lock = newLock();
    const session = await lab.session();
    const holder = await lab.get(lock.by("a"), session);
    const again = await lab.contend(lock.by("a"), session);
    await again.waits();
    session.take();
    await holder.release();
    expect(writes(session).filter(isJoint)).to.deep.equal([]);
    await endsWith(again, lock);
  });
});

describe("who queues behind others of its process", () => {
  const lab = useLab();

  it("lists the queue, but not the slots that the first of them has seen", async () => {
    const lock = newLock({ maxHolders: 3 });
    const session = await lab.session();
    const holders = await Promise.all(
      ["a", "b", "c"].map((target) => lab.get(lock.by(target))),
    );
    const first = await lab.contend(lock.by("d"), session);
    await first.waits();
    session.take();
    const second = await lab.contend(lock.by("e"), session);
    await second.waits();
    const [created, listed, watched] = session.take();
    expect(created!.kind).to.equal("create");
    expect(listed!.path).to.equal(lock.paths.waiters);
    expect(watched!.path).to.match(/\/waiters\/.+-\d+$/);
    for (const holder of holders) await holder.release();
    await (await first.gets()).release();
    await (await second.gets()).release();
    await lab.isEmpty(lock);
  });

  it("still adopts at once what its owner left", async () => {
    const lock = newLock();
    const crashed = await lab.session();
    await lab.get(lock.by("a"), crashed);
    const session = await lab.session();
    const first = await lab.contend(lock.by("b"), session);
    await first.waits();
    await crashed.close();
    const owner = await lab.contend(lock.by("a"), session);
    const held = await owner.gets();
    expect(held.adopted?.target).to.equal("a");
    await held.release();
    await (await first.gets()).release();
    await lab.isEmpty(lock);
  });

  it("adopts what another process's run of its owner left since", async () => {
    const lock = newLock({ maxHolders: 2 });
    const [session, other] = [await lab.session(), await lab.session()];
    const one = await lab.get(lock.by("a"), session);
    const two = await lab.get(lock.by("b"));
    const first = await lab.contend(lock.by("c"), session);
    await first.waits();
    const elsewhere = await lab.contend(lock.by("x"), other);
    await elsewhere.waits();
    const behind = await lab.contend(lock.by("d"), session);
    await behind.waits();
    await one.release(); // c is granted, and knows no x
    await first.gets();
    await two.release(); // x is
    await elsewhere.gets();
    await other.close();
    const owner = await lab.contend(lock.by("x"), session);
    expect((await owner.gets()).adopted?.target).to.equal("x");
  });

  it("finds its place again when the one before it left meanwhile", async () => {
    const lock = newLock();
    const session = await lab.session();
    const holder = await lab.get(lock.by("a"));
    const first = await lab.contend(lock.by("b"), session);
    await first.waits();
    const leaves = await lab.contend(lock.by("c"), session);
    await leaves.waits();
    const [, name] = (await lab.waiters(lock)).sort(inQueueOrder);
    const path = `${lock.paths.waiters}/${name}`;
    const reads = (request: Request) => request.path === path;
    session.script = once(reads, { before: () => session.remove(path) });
    const last = await lab.contend(lock.by("d"), session);
    await last.waits();
    await holder.release();
    await (await first.gets()).release();
    await (await last.gets()).release();
    await (await leaves.gets()).release(); // from the back of the queue
    await lab.isEmpty(lock);
  });

  it("does not wait for itself when the answer to its creation was lost and others came between", async () => {
    const lock = newLock();
    const session = await lab.session();
    const holder = await lab.get(lock.by("a"));
    const first = await lab.contend(lock.by("b"), session);
    await first.waits();
    let between!: Contender;
    session.script = once(isEnqueue, {
      lose: "reply",
      async after() {
        between = await lab.contend(lock.by("c"), session);
        await between.waits();
      },
    });
    const last = await lab.contend(lock.by("d"), session);
    await last.waits();
    expect(await lab.waiters(lock)).to.have.length(3);
    await holder.release();
    await (await first.gets()).release();
    const all = [between, last].map(async (one) =>
      (await one.gets()).release(),
    );
    await Promise.all(all);
    await lab.isEmpty(lock);
  });

  it("adopts what its owner left who stood before all of them, in another process", async () => {
    const lock = newLock();
    const [session, other] = [await lab.session(), await lab.session()];
    const holder = await lab.get(lock.by("a"));
    const elsewhere = await lab.contend(lock.by("x"), other);
    await elsewhere.waits();
    const first = await lab.contend(lock.by("b"), session);
    await first.waits();
    const owner = await lab.contend(lock.by("x"), session);
    await owner.waits();
    await holder.release();
    await elsewhere.gets();
    await other.close();
    const held = await owner.gets();
    expect(held.adopted?.target).to.equal("x");
    await held.release();
    await (await first.gets()).release();
    await lab.isEmpty(lock);
  });
});

import { expect } from "chai";
import { LockInDoubt, LockLost, readHistory } from "../../core/lock";
import { eventually } from "../support/eventually";
import { sideBySide } from "../support/side-by-side";
import { newLock, useLab } from "./lab";

// session time-outs that are awaited
const short = { sessionTimeout: 1000 };

describe("a fault", () => {
  const lab = useLab(after);
  const it = sideBySide();

  it("crash while waiting: the waiter goes with its session, the next one wakes", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const crashing = await lab.session(short);
    const lost = await lab.contend(lock.by("b"), crashing);
    await lost.waits();
    const next = await lab.contend(lock.by("c"));
    await next.waits();
    await crashing.crash();
    await lost.fails();
    await holder.release();
    await (await next.gets()).release();
    await lab.isEmpty(lock);
  });

  it("crash while holding: the holder stays, stale, and keeps others out", async () => {
    const lock = newLock();
    const crashing = await lab.session(short);
    const holder = await lab.get(lock.by("a"), crashing);
    const other = await lab.contend(lock.by("b"));
    await other.waits();
    await crashing.crash();
    await eventually("it is seen as stale", () =>
      other.reports.some(({ holders }) => holders[0]?.state === "stale"),
    );
    expect(await lab.holders(lock)).to.deep.equal([holder.id]);
    expect(other.held).to.equal(null);
  });

  it("session lost while holding: nothing is freed, and the holder lives again", async () => {
    const lock = newLock();
    const session = await lab.session(short);
    const held = await lab.get(lock.by("a"), session);
    const old = session.liveName;
    session.loseSession();
    await lab.has(lock, `holders/0/${held.id}/${session.liveName}`);
    await held.reassert();
    await eventually("the old live node went with its session", async () => {
      return !(await lab.tree(lock)).includes(`holders/0/${held.id}/${old}`);
    });
    // the new one did not go with it
    expect(await lab.tree(lock)).to.include(
      `holders/0/${held.id}/${session.liveName}`,
    );
    await held.reassert();
    await held.release();
    await lab.isEmpty(lock);
  });

  it("live node of the old session still there: it is left alone, and goes at the release", async () => {
    const lock = newLock();
    const session = await lab.session();
    const held = await lab.get(lock.by("a"), session);
    const old = session.liveName;
    session.loseSession();
    await held.reassert();
    expect(await lab.tree(lock)).to.include.members([
      `holders/0/${held.id}/${old}`,
      `holders/0/${held.id}/${session.liveName}`,
    ]);
    await held.release();
    await lab.isEmpty(lock);
  });

  it("live node taken away: a re-assertion brings it back, and so does a record", async () => {
    const lock = newLock();
    const session = await lab.session();
    const held = await lab.get(lock.by("a"), session);
    const live = `holders/0/${held.id}/${session.liveName}`;
    for (const step of [
      () => held.reassert(),
      () => held.record({ drained: true }),
    ]) {
      await session.remove(`${lock.path}/${live}`);
      await step();
      expect(await lab.tree(lock)).to.include(live);
    }
  });

  it("session lost while holding, and cleared meanwhile: it stops before its next step", async () => {
    const lock = newLock();
    const session = await lab.session();
    const held = await lab.get(lock.by("a"), session);
    session.loseSession();
    const operator = await lab.session();
    for (const path of (await lab.tree(lock)).reverse())
      if (path.startsWith("holders/0"))
        await operator.remove(`${lock.path}/${path}`);
    const error = await held.reassert().then(
      () => null,
      (error: Error) => error,
    );
    expect(error).to.be.instanceOf(LockLost);
    expect(error!.message).to.equal(
      `lock ${lock.name}: no longer ours: cleared, or adopted by a later run of its owner`,
    );
  });

  it("session lost while waiting: to the back of the queue under a new name, the deadline running on", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const session = await lab.session();
    const first = await lab.contend(lock.by("b"), session);
    const before = (await first.tells()).waited;
    const [name] = await lab.waiters(lock);
    const second = await lab.contend(lock.by("c"));
    await second.waits();
    session.loseSession();
    const after = await first.waitsAgain();
    expect(after.place).to.equal(2);
    expect(after.waited).to.be.above(before);
    expect(await lab.waiters(lock)).not.to.include(name);
    await holder.release();
    const held = await second.gets();
    expect(first.held).to.equal(null);
    await held.release();
    await (await first.gets()).release();
    await lab.isEmpty(lock);
  });

  it("server gone while holding: the release is tried to its deadline, then says the path; the lock stays", async () => {
    const lock = newLock();
    const proxy = await lab.proxy();
    const session = await lab.session({ servers: lab.servers(proxy.connect) });
    const held = await lab.get(lock.by("a", { settleTimeout: 1 }), session);
    proxy.mode = "refuse";
    proxy.cut();
    const error = await held.release().then(
      () => null,
      (error: LockInDoubt) => error,
    );
    expect(error).to.be.instanceOf(LockInDoubt);
    expect(error!.path).to.equal(held.path);
    expect(error!.message).to.equal(
      `lock ${lock.name}: releasing ${held.path}: no answer from ZooKeeper in 1 s: no connection to ${proxy.connect}`,
    );
    expect(error!.story.at(-1)).to.equal(
      `if nobody works under it, clear it: locked-action clear '${lock.name}' --holder ${held.id} -m WHY --servers ${proxy.connect} --root /tests`,
    );
    expect(await lab.holders(lock)).to.deep.equal([held.id]);
  });

  it("server back before the deadline: the release goes through", async () => {
    const lock = newLock();
    const proxy = await lab.proxy();
    const session = await lab.session({ servers: lab.servers(proxy.connect) });
    const held = await lab.get(lock.by("a"), session);
    proxy.mode = "refuse";
    proxy.cut();
    await session.suspended();
    const released = held.release();
    proxy.mode = "ok";
    await released;
    await lab.isEmpty(lock);
  });

  for (const fault of ["blackhole", "dropRequests", "dropReplies"] as const)
    it(`connection that is silent (${fault}): acquire and release go on after it`, async () => {
      const lock = newLock();
      const holder = await lab.get(lock.by("x"));
      const proxy = await lab.proxy();
      const servers = lab.servers(proxy.connect);
      const session = await lab.session({ servers, sessionTimeout: 2000 });
      const contender = await lab.contend(lock.by("a"), session);
      await contender.waits();
      proxy.mode = fault;
      await holder.release(); // nobody hears of it
      await session.suspended();
      proxy.mode = "ok";
      const held = await contender.gets();
      proxy.mode = fault;
      const released = held.release();
      await session.suspended();
      proxy.mode = "ok";
      await released;
      await lab.isEmpty(lock);
    });

  it("connection that is too slow: what comes too late is carried out once", async () => {
    const lock = newLock();
    const proxy = await lab.proxy();
    const servers = lab.servers(proxy.connect);
    const session = await lab.session({ servers, operationTimeout: 100 });
    await (await lab.get(lock.by("z"), session)).release();
    session.take();
    /** Until it has been asked three times. */
    const slowly = async () => {
      await eventually("it was asked again", () => session.requests.length > 2);
      proxy.delay = 0;
      proxy.cut(); // or what is held up would be overtaken
    };
    proxy.delay = 150;
    const contender = await lab.contend(lock.by("a"), session);
    await slowly();
    const held = await contender.gets();
    expect(await lab.holders(lock)).to.deep.equal([held.id]);
    session.take();
    proxy.delay = 150;
    const released = held.release({ kind: "acted" });
    await slowly();
    await released;
    await lab.isEmpty(lock);
    const records = await readHistory(session, lock.paths);
    expect(records).to.have.length(1);
  });

  it("answer cut in its middle: acquire and release go on after it", async () => {
    const lock = newLock();
    const proxy = await lab.proxy();
    const session = await lab.session({ servers: lab.servers(proxy.connect) });
    for (let round = 0; round < 5; round++) {
      proxy.cutMidReply();
      const held = await lab.get(lock.by("a"), session);
      proxy.cutMidReply();
      await held.reassert();
      proxy.cutMidReply();
      await held.release();
      await lab.isEmpty(lock);
    }
  });
});

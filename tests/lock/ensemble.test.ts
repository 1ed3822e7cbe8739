import { expect } from "chai";
import { LockInDoubt } from "../../core/lock";
import { parseServers } from "../../core/zookeeper/servers";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import { startEnsemble, type Ensemble } from "../support/zookeeper";
import { Contender } from "./contender";
import { newLock, type TestLock } from "./lab";
import { isGrant, once, ScriptedSession } from "./scripted-session";

describe("a lock on an ensemble of three", () => {
  let sandbox: Sandbox;
  let ensemble: Ensemble;
  const sessions: ScriptedSession[] = [];

  before(async () => {
    sandbox = await Sandbox.create();
    ensemble = await startEnsemble(sandbox, 3, {
      tickTime: 500,
      // a server that is slow, on a machine with much to do, is no dead one
      extra: ["syncLimit=20"],
    });
  });
  afterEach(async () => {
    for (const server of ensemble.servers)
      if (!server.isRunning) await server.restart(); // also after a failure: the next test needs a quorum
    await Promise.all(sessions.splice(0).map((session) => session.close()));
  });
  after(() => sandbox.stop());

  async function session(connect = ensemble.connect) {
    const servers = parseServers(connect);
    const opened = new ScriptedSession({ servers, sessionTimeout: 10_000 });
    sessions.push(opened);
    await opened.ready({ within: 30_000 });
    return opened;
  }

  const contend = async (lock: TestLock, target: string, over = {}) =>
    new Contender(await session(), lock.by(target, over));

  it("is handed on over the death of the leader, in order", async () => {
    const lock = newLock();
    const first = await contend(lock, "a");
    const held = await first.gets();
    const next = await contend(lock, "b");
    await next.waits(); // each has a server of its own: they must not race for the place
    const last = await contend(lock, "c");
    await last.waits();
    const leader = await ensemble.leader();
    await leader.kill();
    await held.release();
    const second = await next.gets();
    expect(last.held).to.equal(null);
    await second.reassert();
    await second.release();
    await (await last.gets()).release();
  });

  it("is got exactly once when the leader dies with the answer to the grant", async () => {
    const lock = newLock();
    const observer = await session();
    await (await (await contend(lock, "z")).gets()).release();
    const ours = await session();
    const leader = await ensemble.leader();
    ours.script = once(isGrant, { lose: "reply", after: () => leader.kill() });
    const held = await new Contender(ours, lock.by("a")).gets();
    await held.reassert();
    await eventually("one holder is there", async () => {
      await observer.ready({ within: 30_000 });
      const slot = `${lock.paths.holders}/0`;
      const { children } = await observer.getChildren(slot);
      return children?.join() === held.id;
    });
    await held.release();
  });

  it("is kept while the holder's server is frozen: it moves, and is live all the time", async () => {
    const lock = newLock();
    const [follower] = await ensemble.followers();
    const others = ensemble.servers.filter((server) => server !== follower);
    // it starts at the follower that will freeze
    let ours = await session();
    while (!(await isAt(follower!, ours))) {
      await ours.close();
      ours = await session();
    }
    const held = await new Contender(ours, lock.by("a")).gets();
    const watcher = await session(others.map((s) => s.connect).join(","));
    const other = new Contender(watcher, lock.by("b"));
    await other.tells();
    follower!.pause();
    try {
      await ours.suspended();
      await held.reassert();
      expect(ours.epoch).to.equal(1);
    } finally {
      follower!.resume();
    }
    for (const { holders } of other.reports)
      expect(holders[0]?.state).to.equal("live");
    await held.release();
    await (await other.gets()).release();
  });

  it("goes on acting while the quorum is lost, and is released when it is back", async () => {
    const lock = newLock();
    const held = await (await contend(lock, "a")).gets();
    const waiting = await contend(lock, "b");
    await waiting.waits();
    const followers = await ensemble.followers();
    for (const follower of followers) await follower.kill();
    const released = held.release();
    await Promise.all(followers.map((follower) => follower.restart()));
    await released;
    await (await waiting.gets()).release();
  });

  it("whose quorum does not come back in time: the release is in doubt, and is done as a whole or not at all", async () => {
    const lock = newLock();
    const ours = await session();
    const request = lock.by("a", { settleTimeout: 1 });
    const held = await new Contender(ours, request).gets();
    const followers = await ensemble.followers();
    for (const follower of followers) await follower.kill();
    await ours.suspended(); // what is sent before may be carried out later
    const error = await held.release().then(
      () => null,
      (error: Error) => error,
    );
    expect(error).to.be.instanceOf(LockInDoubt);
    expect(error!.message).to.contain(`releasing ${held.path}: no answer`);
    await Promise.all(followers.map((follower) => follower.restart()));
    await ours.ready({ within: 30_000 });
    await ours.close();
    const again = await (await contend(lock, "a")).gets();
    // a request that the old leader has logged may be carried out with the new quorum
    expect([undefined, "held"]).to.include(again.adopted?.state);
    await again.release();
    const { children } = await (
      await session()
    ).getChildren(`${lock.path}/holders`);
    expect(children).to.deep.equal([]);
  });

  /** Whether the session's connection is to that server. */
  async function isAt(
    server: Ensemble["servers"][number],
    of: ScriptedSession,
  ): Promise<boolean> {
    const connections = await server.fourLetter("cons");
    return connections.includes(`sid=0x${of.sessionId}`);
  }
});

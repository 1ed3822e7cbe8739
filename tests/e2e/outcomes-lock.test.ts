import { expect } from "chai";
import net from "node:net";
import { once } from "node:events";
import { ACL, createClient, Id, Permission } from "node-zookeeper-client";
import { acquire, clear, hold, lockPath, unhold } from "../../core/lock";
import type { Held } from "../../core/lock";
import { createSessionPool, type SessionPool } from "../../core/zookeeper/pool";
import type { Session } from "../../core/zookeeper/session";
import { eventually } from "../support/eventually";
import { errorsOf, openScene, type Args, type Scene } from "../support/scene";
import type { OperationResult, Stack } from "../support/stack";
import { Steps } from "../support/steps";
import { resourcesOf, Told } from "../support/told";

const HOSTS = [
  ...["busy", "failed", "stale", "onhold", "lost", "skipkept"],
  ...["waits", "lostlate", "skipped", "doubt"],
  ...["fails", "queues", "acts"],
];
const WEB9 =
  "urn:pulumi:other::scene::pulumi-nodejs:dynamic:LockedAction::web9";
const by = { by: "operator@desk", why: "looked at it" };
const path = (name: string) => lockPath("/locked-action", name);

describe("outcomes of the lock, row by row", () => {
  let scene: Scene;
  let pool: SessionPool;
  let session: Session;
  before(async () => {
    scene = await openScene(HOSTS);
    pool = createSessionPool();
    ({ session } = await pool.lease({ servers: scene.zookeeper.connect }));
  });
  after(async () => {
    await pool.close();
    await scene.stop();
  });

  const stepsOf = (name: string) => new Steps(scene.fleet.host(name));

  const row = (name: string, over: Record<string, unknown> = {}): Args => {
    const steps = stepsOf(name);
    const { lock, ...rest } = over;
    return scene.restart(name, {
      gate: { command: steps.text("gate") },
      action: {
        command: steps.text("act", `${scene.service(name).control} restart`),
      },
      lock: { name, timeout: 60, ...(lock as object) },
      ...rest,
    });
  };

  const open = (name: string, over?: Record<string, unknown>) =>
    scene.openStack(name, { [name]: row(name, over) });

  /** web9, of another stack, takes the lock. */
  const take = (name: string): Promise<Held> =>
    acquire(session, {
      ...{ root: "/locked-action", name, group: "web9" },
      owner: { target: "web9", subject: "app" },
      limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
      facts: { run: "1", from: "user@ci", action: "restart app", urn: WEB9 },
      ...{ timeout: 5, maxWait: 5, retryInterval: 0, ownerGrace: 0 },
      onFailedHolder: "fail",
    });

  const takeAndFail = async (name: string) => {
    const held = await take(name);
    const at = new Date().toISOString();
    await held.fail({ step: "verify", exit: 7, reason: "not healthy", at });
    return held;
  };

  const expectNotGot = async (
    stack: Stack,
    name: string,
    result: OperationResult,
    lines: (string | RegExp)[],
  ) => {
    expect(result.ok, name).to.equal(false);
    for (const line of lines)
      if (typeof line === "string")
        expect(errorsOf(result), name).to.include(line);
      else expect(errorsOf(result), name).to.match(line);
    const { outputs } = (await resourcesOf(stack))[name]!;
    expect(outputs.failure).to.deep.include({
      ...{ step: "lock", phase: "owed", count: 1, drained: false },
    });
    expect(outputs).not.to.have.any.keys("kept");
    expect(stepsOf(name).taken, name).not.to.include("act");
    const { holders, waiters } = await scene.lock(name);
    expect(waiters, name).to.deep.equal([]);
    expect(holders.filter(({ record }) => record?.target === name))
      .to.deep //
      .equal([]);
  };

  /** The next one gets it. */
  const expectGot = async (stack: Stack, name: string) => {
    const result = await stack.up();
    expect(errorsOf(result), name).to.equal("");
    const { outputs } = (await resourcesOf(stack))[name]!;
    expect(outputs, name).to.deep.include({ outcome: "acted", verified: true });
    expect(outputs, name).not.to.have.any.keys("failure", "kept", "warnings");
    expect((await scene.lock(name)).holders, name).to.deep.equal([]);
  };

  it("not got in time: who holds it, since when, our place, the time waited", async () => {
    const held = await take("busy");
    const stack = await open("busy", { lock: { timeout: 1.5 } });
    await expectNotGot(stack, "busy", await stack.up(), [
      /busy: lock: .*not got in|busy: lock/,
      /web9 \(app\), live for \d+ s, restart app by user@ci/,
      /place 1 of 1/,
    ]);
    await held.release();
    await expectGot(stack, "busy");
  });

  it("its holder has failed: that one's step and exit, and the commands that help", async () => {
    const { id } = await takeAndFail("failed");
    const stack = await open("failed", { lock: { ownerGrace: 0.3 } });
    await expectNotGot(stack, "failed", await stack.up(), [
      /failed: lock: failed: blocked by web9 \(app\), failed: step verify failed \d+ s ago, exit 7: not healthy/,
      `pulumi up --target ${WEB9}`,
      `locked-action clear failed --holder ${id}`,
    ]);
    await clear(session, path("failed"), id, by);
    await expectGot(stack, "failed");
  });

  it("its holder is stale: the same", async () => {
    const held = await take("stale");
    await held.abandon();
    const stack = await open("stale", { lock: { ownerGrace: 0.3 } });
    await expectNotGot(stack, "stale", await stack.up(), [
      /stale: lock: stale: blocked by web9 \(app\), stale for \d+ s/,
      `locked-action clear stale --holder ${held.id}`,
    ]);
    await clear(session, path("stale"), held.id, by);
    await expectGot(stack, "stale");
  });

  it("on hold: who holds it back, and why", async () => {
    await (await take("onhold")).release();
    await hold(session, path("onhold"), by);
    const stack = await open("onhold", { lock: { timeout: 1.5 } });
    await expectNotGot(stack, "onhold", await stack.up(), [
      /onhold: lock: .*hold.* by operator@desk/,
      "looked at it",
    ]);
    await unhold(session, path("onhold"), by);
    await expectGot(stack, "onhold");
  });

  it("lost before the act: nothing is done, and history says who and why", async () => {
    stepsOf("lost").hold("gate");
    const stack = await open("lost");
    const up = stack.up();
    await stepsOf("lost").reached("gate");
    const [holder] = (await scene.lock("lost")).holders;
    const forceLive = true;
    await clear(session, path("lost"), holder!.id, { ...by, forceLive });
    stepsOf("lost").letGo("gate");
    await expectNotGot(stack, "lost", await up, [
      /lost: lock: .*no longer ours: cleared by operator@desk at 20.*: looked at it/,
      "locked-action history lost",
    ]);
    await expectGot(stack, "lost");
  });

  it("skip, while a lock is kept: acts, warns, and leaves that lock as it is", async () => {
    stepsOf("skipkept").fail("act", 3);
    const stack = await open("skipkept");
    expect((await stack.up()).ok).to.equal(false);
    const before = (await scene.lock("skipkept")).holders;
    expect(before.map(({ state }) => state)).to.deep.equal(["failed"]);
    stepsOf("skipkept").mend();
    await scene.setActions(stack, {
      skipkept: row("skipkept", { lock: { skip: true } }),
    });
    const told = new Told();
    const result = await stack.up({ onEvent: told.onEvent });
    expect(errorsOf(result)).to.equal("");
    expect(told.lines.skipkept!.join("\n")).to.include(
      "skipkept: the lock skipkept was skipped (lock.skip): nothing kept others from acting at the same time",
    );
    const { outputs } = (await resourcesOf(stack)).skipkept!;
    expect(outputs.outcome).to.equal("skippedLock");
    expect(outputs.kept).to.deep.include({ holder: before[0]!.id });
    const ids = async () =>
      (await scene.lock("skipkept")).holders.map(({ id }) => id);
    expect(await ids()).to.deep.equal([before[0]!.id]);
    // whoever deletes it gives the lock back
    expect(errorsOf(await stack.destroy())).to.equal("");
    expect(await ids()).to.deep.equal([]);
  });

  it("what goes well in spite of everything, in one `up`", async () => {
    const counting = net.createServer((socket) => {
      connections++;
      socket.destroy();
    });
    let connections = 0;
    counting.unref().listen(0, "127.0.0.1");
    await once(counting, "listening");
    const { port } = counting.address() as net.AddressInfo;
    const nowhere = { servers: `127.0.0.1:${port}`, skip: true };
    const blocker = await takeAndFail("waits");
    for (const name of ["lostlate", "doubt"]) stepsOf(name).hold("act");

    const stack = await scene.openStack("well", {
      waits: row("waits", { lock: { ownerGrace: 0, onFailedHolder: "wait" } }),
      skipped: row("skipped", { lock: nowhere }),
      lostlate: row("lostlate"),
      doubt: row("doubt"),
    });
    const told = new Told();
    const up = stack.up({ parallel: 8, onEvent: told.onEvent });
    await eventually("`waits` waits", async () => {
      const { waiters } = await scene.lock("waits");
      return waiters.length === 1;
    });
    await stepsOf("lostlate").reached("act");
    await stepsOf("doubt").reached("act");
    await clear(session, path("waits"), blocker.id, by);
    const [lost] = (await scene.lock("lostlate")).holders;
    const forceLive = true;
    await clear(session, path("lostlate"), lost!.id, { ...by, forceLive });
    const [doubtful] = (await scene.lock("doubt")).holders;
    const slot = `${path("doubt")}/holders/${doubtful!.slot}`;
    await permit(slot, Permission.READ | Permission.ADMIN);
    for (const name of ["lostlate", "doubt"]) stepsOf(name).letGo("act");

    expect(errorsOf(await up)).to.equal("");
    const outputs = async (name: string) =>
      (await resourcesOf(stack))[name]!.outputs;
    expect(await outputs("waits")).to.deep.include({ outcome: "acted" });
    expect(await outputs("skipped")).to.deep.include({
      outcome: "skippedLock",
    });
    expect(connections, "skip asks no ZooKeeper").to.equal(0);
    expect(told.lines.skipped!.join("\n")).to.include("was skipped");
    expect((await outputs("lostlate")).warnings).to.have.length(1);
    expect(told.lines.lostlate!.join("\n")).to.match(
      /the lock was lost before its release: .*cleared by operator@desk/,
    );
    expect(told.lines.doubt!.join("\n")).to.include(
      `it is in doubt whether the lock ${path("doubt")} was released`,
    );
    expect((await outputs("doubt")).kept).to.deep.include({
      ...{ holder: doubtful!.id, why: "doubt" },
    });

    // the next one releases first, and touches no host
    await permit(slot, Permission.ALL);
    const next = new Told();
    expect(errorsOf(await stack.up({ onEvent: next.onEvent }))).to.equal("");
    counting.close();
    expect(next.ops).to.deep.equal({
      ...{ waits: "same", skipped: "same", lostlate: "same", doubt: "update" },
    });
    expect(stepsOf("doubt").taken).to.deep.equal(["gate", "act"]);
    expect(await outputs("doubt")).not.to.have.any.keys("kept", "warnings");
    expect((await scene.lock("doubt")).holders).to.deep.equal([]);
  });

  it("failed elsewhere: what waits stops and owes, what acts is finished", async () => {
    const held = await take("queues");
    for (const name of ["fails", "acts"]) stepsOf(name).hold("act");
    stepsOf("fails").fail("act", 3);
    const stack = await scene.openStack("elsewhere", {
      ...{ fails: row("fails"), queues: row("queues"), acts: row("acts") },
    });
    const up = stack.up({ parallel: 8 });
    await stepsOf("fails").reached("act");
    await stepsOf("acts").reached("act");
    await eventually("`queues` waits", async () => {
      const { waiters } = await scene.lock("queues");
      return waiters.length === 1;
    });
    stepsOf("fails").letGo("act");
    await eventually("`queues` has left its queue", async () => {
      const { waiters } = await scene.lock("queues");
      return waiters.length === 0;
    });
    stepsOf("acts").letGo("act");
    const result = await up;
    await expectNotGot(stack, "queues", result, [
      "queues: lock: stopped before anything was done: another action failed: fails: act: the command: exit 3",
      "the next `pulumi up` goes on",
    ]);
    const states = await resourcesOf(stack);
    expect(states.acts!.outputs).to.deep.include({ outcome: "acted" });
    expect(states.fails!.outputs).to.have.any.keys("kept");

    await held.release();
    stepsOf("fails").mend();
    expect(errorsOf(await stack.up())).to.equal("");
    for (const name of ["fails", "queues", "acts"]) {
      expect(stepsOf(name).taken.at(-1), name).to.equal("act");
      expect((await scene.lock(name)).holders, name).to.deep.equal([]);
    }
  });

  /** What everybody may do with a node from now on. */
  async function permit(node: string, permission: number): Promise<void> {
    const client = createClient(scene.zookeeper.connect);
    client.on("error", () => {}); // told by the call that fails
    client.connect();
    const id = new Id("world", "anyone");
    await new Promise<void>((resolve, reject) =>
      client.setACL(node, [new ACL(permission, id)], -1, (error) =>
        error ? reject(error) : resolve(),
      ),
    );
    client.close();
  }
});

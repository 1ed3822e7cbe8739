import { expect } from "chai";
import { acquire, describeLock } from "../../core/lock";
import { createSessionPool, type SessionPool } from "../../core/zookeeper/pool";
import { eventually } from "../support/eventually";
import { engineProcesses } from "../support/processes";
import { startProxy, type Proxy } from "../support/proxy";
import {
  errorsOf,
  openScene,
  type Actions,
  type Scene,
} from "../support/scene";
import { resourcesOf, Told } from "../support/told";

describe("many resources in one stack", () => {
  let scene: Scene;
  let pool: SessionPool;
  let proxies: Proxy[];
  before(async () => {
    scene = await openScene(["web1"]);
    pool = createSessionPool();
    proxies = [
      await startProxy(scene.fleet.host("web1").port),
      await startProxy(scene.zookeeper.port),
    ];
  });
  after(async () => {
    await pool.close();
    for (const proxy of proxies) await proxy.close();
    await scene.stop();
  });

  const named = (count: number) =>
    Array.from({ length: count }, (_, i) => `web1-${i + 1}`);

  it("a preview of a hundred tells of each what its first run does, and asks neither host nor ZooKeeper", async () => {
    const [host, servers] = proxies as [Proxy, Proxy];
    let asked = 0;
    for (const proxy of proxies) proxy.onRequest = () => asked++;
    const { hostKey } = scene.fleet.host("web1");
    const declared = (names: string[]): Actions =>
      Object.fromEntries(
        names.map((target) => {
          const own = { action: { command: "true" }, process: undefined };
          const lock = { name: "previewed", servers: servers.connect };
          const args = scene.restart("web1", { ...own, target, lock });
          const connection = args.connection as object;
          const through = { ...connection, port: host.port, hostKey };
          return [target, { ...args, connection: through }];
        }),
      );
    const names = named(100);
    const stack = await scene.openStack("previewed", declared(names));
    const told = new Told();
    const previewed = await stack.preview({ onEvent: told.onEvent });
    expect(errorsOf(previewed)).to.equal("");
    expect(told.count("create")).to.equal(100);
    for (const name of names)
      expect(told.lines[name]).to.deep.equal([
        `will run the command under lock previewed (group ${name}): new`,
      ]);
    expect(asked).to.equal(0);

    // all that would have been seen
    await scene.setActions(stack, declared(["web1-1"]));
    expect(errorsOf(await stack.up())).to.equal("");
    expect(asked).to.be.above(0);
  });

  it("thirty wait for one lock in one session; the first Ctrl-C ends them all, and leaves none in the queue", async () => {
    const { session } = await pool.lease({ servers: scene.zookeeper.connect });
    const holder = await acquire(session, {
      ...{ root: "/locked-action", name: "fleet", group: "web9" },
      owner: { target: "web9", subject: "app" },
      limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
      facts: { run: "1", from: "user@ci", action: "restart app" },
      ...{ timeout: 5, maxWait: 5, retryInterval: 0, ownerGrace: 0 },
      onFailedHolder: "fail",
    });
    const waiters = async () =>
      (await describeLock(session, "/locked-action", "fleet")).waiters.length;
    const names = named(30);
    const waiting = names.map((target) => [
      target,
      scene.restart("web1", { target, process: undefined }),
    ]);
    const stack = await scene.openStack(
      "waiting",
      Object.fromEntries(waiting) as Actions,
    );
    const ctrlC = new AbortController();
    const running = stack.up({ parallel: 32, signal: ctrlC.signal });
    await eventually(
      "all wait",
      async () => (await waiters()) === names.length,
      { within: 60_000 },
    );
    const connections = await scene.zookeeper.fourLetter("cons");
    const sessions = new Set(connections.match(/sid=0x[1-9a-f]\w*/g));
    expect(sessions.size, "ours and the provider's").to.equal(2);

    ctrlC.abort();
    const stopped = await running;
    expect(stopped.ok).to.equal(false);
    expect(await waiters()).to.equal(0);
    const states = Object.values(await resourcesOf(stack));
    expect(states).to.have.length(names.length);
    for (const { outputs } of states)
      expect(outputs.failure).to.deep.include({ step: "lock", phase: "owed" });
    await eventually("no process is left", () => {
      return engineProcesses(scene.sandbox).length === 0;
    });
    await holder.release();
  });
});

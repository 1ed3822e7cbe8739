import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { PartialFailure } from "../../engine/provider-errors";
import { command, count, failed, Rig } from "../action/rig";
import { eventually } from "../support/eventually";
import { ProviderProcess, type Properties } from "./provider-process";
import { TYPESCRIPT } from "../support/typescript";

describe("the end of a provider's process", () => {
  let rig: Rig;
  const started: ProviderProcess[] = [];
  before(async () => {
    // a killed process is missed when its session ends
    const extra = ["maxSessionTimeout=4000"];
    rig = await Rig.start(["web1", "web2"], { extra });
  });
  after(async () => {
    for (const provider of started) {
      provider.child.kill("SIGKILL");
      await provider.ended();
      provider.close();
    }
    await rig.stop();
  });
  beforeEach(() => {
    for (const file of ["acts", "ended", "go"]) rig.remove("web1", file);
  });

  const start = async () => {
    const provider = await ProviderProcess.start(rig.sandbox, {
      "locked-action:zookeeperServers": rig.zookeeper.connect,
    });
    started.push(provider);
    return provider;
  };
  const inputs = (name: string, text: string): Properties => ({
    connection: { ...rig.fleet.connection("web1"), dialErrorLimit: 1 },
    ...{ target: "web1", action: { command: text, timeout: 60 } },
    lock: { name, onFailedHolder: "wait", timeout: 60 },
    __urn: "urn:web1",
  });
  const view = (name: string) => rig.view(rig.spec({ lock: rig.lock(name) }));
  /** A lock that a failed holder blocks. */
  const blocked = async () => {
    const spec = rig.spec({ act: command("exit 1") }, "web2");
    failed(await rig.run(spec));
    return spec.lock.name;
  };
  const waiters = async (name: string) => (await view(name))!.waiters.length;
  const acting = () =>
    eventually("the action runs", () => rig.read("web1", "acts") !== "");
  const LONG = `cd $LOCKED_ACTION_HOST_DIR; echo act >> acts; while [ ! -e go ]; do sleep 0.02; done; echo end >> ended`;
  const letGo = () => rig.write("web1", "go");

  const ends: [string, (provider: ProviderProcess) => void][] = [
    ["SIGINT", ({ child }) => void child.kill("SIGINT")],
    ["SIGTERM", ({ child }) => void child.kill("SIGTERM")],
    [
      "the end of its stdin, when the engine died",
      ({ child }) => void child.stdin!.end(),
    ],
  ];
  for (const [how, end] of ends)
    it(`${how}: who waits leaves the queue at once`, async () => {
      const provider = await start();
      const name = await blocked();
      const creates = [1, 2, 3].map((i) =>
        provider
          .create({ ...inputs(name, "true"), target: `web1-${i}` })
          .catch(() => {}),
      );
      await eventually("all wait", async () => (await waiters(name)) === 3);
      end(provider);
      expect(await provider.ended()).to.equal(0);
      expect(await waiters(name)).to.equal(0);
      await Promise.all(creates);
    });

  it("ends at once when it has done nothing", async () => {
    const provider = await start();
    await provider.check(inputs("unused", "true"));
    provider.child.kill("SIGINT");
    expect(await provider.ended()).to.equal(0);
  });

  for (const signal of ["SIGINT", "SIGKILL"] as const)
    it(`${signal} while it acts: the lock stays, and the next run neither repeats nor judges what still runs`, async () => {
      const provider = await start();
      const name = rig.newLock();
      const create = provider.create(inputs(name, LONG)).catch(() => {});
      await acting();
      provider.child.kill(signal);
      await provider.ended();
      await create;
      await eventually(
        "its session is gone",
        async () => (await view(name))?.holders[0]?.state === "stale",
      );

      const next = await start();
      const creating = next.create(inputs(name, LONG));
      await eventually("it waits for what still runs", () =>
        next.shown("urn:web1").some((line) => /earlier run/.test(line)),
      );
      letGo();
      const state = await creating;
      expect(state).to.deep.include({ outcome: "acted", exitCode: 0 });
      expect(count(rig.read("web1", "acts"))).to.equal(1);
      expect(count(rig.read("web1", "ended"), "end")).to.equal(1);
      expect((await view(name))?.holders).to.deep.equal([]);
    });

  it("the program's end: who waits stops and owes, who acts finishes", async () => {
    const program = rig.sandbox.spawn("sleep", ["1000"]);
    await once(program, "spawn");
    const provider = await start();
    const name = await blocked();
    const waiting = inputs(name, "true");
    await provider.check({ ...waiting, __pid: program.pid! });
    const acts = provider.create(inputs(rig.newLock(), LONG));
    const waits = provider.create(waiting).then(
      () => null,
      (error: unknown) => error,
    );
    await acting();
    await eventually("it waits", async () => (await waiters(name)) === 1);
    program.kill("SIGKILL");
    const failure = (await waits) as PartialFailure;
    expect(failure.reasons[0]).to.equal(
      "web1: lock: stopped before anything was done: the Pulumi program has ended",
    );
    expect(failure.properties.failure).to.deep.include({
      step: "lock",
      phase: "owed",
    });
    expect(await waiters(name)).to.equal(0);
    letGo();
    expect((await acts).outcome).to.equal("acted");
    expect(provider.child.exitCode).to.equal(null);
  });

  it("loads neither ssh2 nor a ZooKeeper client to check and diff", () => {
    const provider = path.resolve(__dirname, "../../provider/index.ts");
    const script = `
      require(${JSON.stringify(TYPESCRIPT)});
      const { lockedAction } = require(${JSON.stringify(provider)});
      const news = ${JSON.stringify({ ...inputs("x", "true"), lock: { name: "x", servers: "zk" } })};
      Promise.all([lockedAction.check({}, news), lockedAction.diff("id", {}, news)]).then(([{ failures }]) => {
        const loaded = Object.keys(require.cache).filter((file) => /node_modules.(ssh2|node-zookeeper-client|@grpc)/.test(file));
        console.log(JSON.stringify({ failures, loaded }));
        process.exit(0);
      });`;
    const said = execFileSync(process.execPath, ["-e", script], {
      encoding: "utf8",
    });
    expect(JSON.parse(said)).to.deep.equal({ failures: [], loaded: [] });
  });
});

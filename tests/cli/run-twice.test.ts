import { expect } from "chai";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { lockJson } from "../../cli/json";
import { eventually } from "../support/eventually";
import { startProxy } from "../support/proxy";
import { Sandbox } from "../support/sandbox";
import { startZookeeper, type ZookeeperServer } from "../support/zookeeper";
import { locked, start, type Running } from "./command";
import { startPidNamespace } from "./namespaces";

describe("a run whose earlier run is gone", () => {
  let sandbox: Sandbox;
  let zookeeper: ZookeeperServer;
  const file = (name: string) => path.join(sandbox.dir, name);
  const words = (name: string, script: string, servers?: string) => [
    ...["run", name, "--servers", servers ?? zookeeper.connect],
    ...["--target", "ops", "--subject", "s", "--", "sh", "-c", script],
  ];
  const look = async (name: string) => {
    const options = ["--json", "--servers", zookeeper.connect];
    const { stdout } = await locked(sandbox, ["show", name, ...options]);
    return lockJson.parse(JSON.parse(stdout));
  };
  /** Ends a run without a word, and waits until its session is over. */
  const kill = async (name: string, running: Running) => {
    running.child.kill("SIGKILL");
    await once(running.child, "exit");
    await eventually("its session is over", async () =>
      (await look(name)).holders.some(({ state }) => state === "stale"),
    );
  };
  const pidOf = (name: string) =>
    eventually("it tells its pid", () =>
      fs.existsSync(file(name)) ? Number(fs.readFileSync(file(name))) : 0,
    );

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await startZookeeper(sandbox, {
      extra: ["maxSessionTimeout=2500"], // what a killed run leaves lives so long
    });
  });
  after(() => sandbox.stop());

  it("is not taken over in another PID namespace while its command works, nor after its end", async () => {
    const first = start(sandbox, words("mig", "echo $$ >mig; exec sleep 100"));
    const pid = await pidOf("mig");
    await kill("mig", first);
    const [before] = (await look("mig")).holders;
    const elsewhere = await startPidNamespace(sandbox, "mig");
    const second = elsewhere.start(words("mig", "echo two"));
    second.child.stdin?.end();
    const { code, stdout, stderr } = await second.ended;
    expect([code, stdout]).to.deep.equal([4, ""]);
    expect(stderr).to.match(
      /the earlier run on \S+ cannot be judged from here/,
    );
    expect(stderr).to.contain(`process ${pid} there`);
    expect(stderr).to.contain(`clear mig --holder ${before!.id} -m WHY`);
    process.kill(pid, "SIGKILL"); // which it cannot know there
    const third = elsewhere.start(words("mig", "echo three"));
    third.child.stdin?.end();
    expect((await third.ended).code).to.equal(4);
    const [after] = (await look("mig")).holders;
    expect([after!.id, after!.state]).to.deep.equal([before!.id, "stale"]);
  });

  it("is taken over here once nothing of its command works", async () => {
    const first = start(
      sandbox,
      words("rest", "sh -c 'echo $$ >rest; sleep 100; true' & wait"),
    );
    const rest = await pidOf("rest");
    await kill("rest", first);
    const command = Number(
      /^PPid:\t(\d+)/m.exec(
        fs.readFileSync(`/proc/${rest}/status`, "utf8"),
      )![1],
    );
    process.kill(command, "SIGKILL"); // the first process alone
    const again = await locked(sandbox, words("rest", "echo again"));
    expect([again.code, again.stdout]).to.deep.equal([4, ""]);
    expect(again.stderr).to.match(/the command of the earlier run still runs/);
    expect(again.stderr).to.match(new RegExp(`as process .*\\b${rest}\\b`));
    process.kill(-command, "SIGKILL");
    const last = await locked(sandbox, words("rest", "echo last"));
    expect([last.code, last.stdout]).to.deep.equal([0, "last\n"]);
  });

  it("is not taken over elsewhere when it was cut off from ZooKeeper", async () => {
    const proxy = await startProxy(zookeeper.port);
    try {
      const servers = `127.0.0.1:${proxy.port}`;
      const first = start(
        sandbox,
        words("cut", "echo $$ >cut; exec sleep 100", servers),
      );
      const pid = await pidOf("cut");
      proxy.mode = "refuse";
      proxy.cut();
      await eventually("its session is over", async () =>
        (await look("cut")).holders.some(({ state }) => state === "stale"),
      );
      const elsewhere = await startPidNamespace(sandbox, "cut");
      const second = elsewhere.start(words("cut", "echo two"));
      second.child.stdin?.end();
      expect((await second.ended).code).to.equal(4);
      proxy.mode = "ok";
      process.kill(pid, "SIGKILL");
      expect((await first.ended).code).to.equal(137);
    } finally {
      await proxy.close();
    }
  });

  it("is taken over anywhere when it has told the end of its command", async () => {
    const elsewhere = await startPidNamespace(sandbox, "told");
    const first = elsewhere.start(words("told", "exit 3"));
    first.child.stdin?.end();
    expect((await first.ended).code).to.equal(3);
    const second = await locked(sandbox, words("told", "echo two"));
    expect([second.code, second.stdout]).to.deep.equal([0, "two\n"]);
  });

  it("waits with its retry for what a failed command left at work", async () => {
    const script = "sleep 100 >/dev/null 2>&1 & echo $! >left; exit 1";
    const first = await locked(sandbox, words("left", script));
    const left = await pidOf("left");
    expect(first.code).to.equal(1);
    expect(first.stderr).to.contain(`still work: ${left}`);
    const again = await locked(sandbox, words("left", "echo again"));
    expect([again.code, again.stdout]).to.deep.equal([4, ""]);
    process.kill(left, "SIGKILL");
    const last = await locked(sandbox, words("left", "echo last"));
    expect([last.code, last.stdout]).to.deep.equal([0, "last\n"]);
  });
});

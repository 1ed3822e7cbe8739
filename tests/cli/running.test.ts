import { expect } from "chai";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { errorJson, lockJson, runJson } from "../../cli/json";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import { startZookeeper, type ZookeeperServer } from "../support/zookeeper";
import { locked, start } from "./command";
import { Locks } from "./locks";

describe("a command under the lock", () => {
  let sandbox: Sandbox;
  let zookeeper: ZookeeperServer;
  let locks: Locks;
  const words = (name: string, script: string, ...options: string[]) => [
    ...["run", name, "--servers", zookeeper.connect, ...options],
    ...["--", "sh", "-c", script],
  ];
  const run = (name: string, script: string, ...options: string[]) =>
    locked(sandbox, words(name, script, ...options));
  const begin = (name: string, script: string, ...options: string[]) =>
    start(sandbox, words(name, script, ...options));
  const look = async (name: string) => {
    const options = ["--json", "--servers", zookeeper.connect];
    const { stdout } = await locked(sandbox, ["show", name, ...options]);
    return lockJson.parse(JSON.parse(stdout));
  };
  const pidIn = (file: string): Promise<number> =>
    eventually("it tells its pid", () =>
      fs.existsSync(file) ? Number(fs.readFileSync(file, "utf8")) : 0,
    );

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await startZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  it("runs it with the lock's facts in its environment, and gives the lock back", async () => {
    const { code, stdout, stderr } = await run(
      "facts",
      'echo "$LOCKED_ACTION_NAME $LOCKED_ACTION_FENCING_TOKEN $LOCKED_ACTION_RUN_ID"; echo well >&2',
      "--json",
    );
    expect(code).to.equal(0);
    expect(stdout).to.match(/^facts \d+ [0-9a-f]{12}\n$/);
    const [well, last = ""] = stderr.trim().split("\n");
    const json = runJson.parse(JSON.parse(last));
    expect(well).to.equal("well");
    expect(json).to.deep.include({ exit: 0, kept: false, adopted: null });
    expect(json.fencingToken).to.equal(stdout.split(" ")[1]);
    expect((await look("facts")).holders).to.deep.equal([]);
  });

  it("keeps the lock when it fails, with its own exit code; the same run again takes over", async () => {
    const script = "exit $(cat code)";
    const file = path.join(sandbox.dir, "code");
    fs.writeFileSync(file, "3");
    const first = await run("retry", script);
    expect(first.code).to.equal(3);
    expect(first.stderr).to.match(/^locked-action: sh exited with 3: the lock/);
    const [holder] = (await look("retry")).holders;
    expect(holder).to.deep.include({ state: "failed" });
    expect(holder?.failure).to.deep.include({ step: "command", exit: 3 });
    fs.writeFileSync(file, "0");
    const second = await run("retry", script);
    expect(second.code).to.equal(0);
    expect(second.stderr).to.match(/^taken over from the run of .* failed: sh/);
    expect((await look("retry")).holders).to.deep.equal([]);
  });

  it("does not take over what another command left, unless its subject is the same", async () => {
    await run("subject", "exit 1", "--subject", "migration");
    const other = await run("subject", "exit 0", "--owner-grace", "0.01");
    expect(other.code).to.equal(4);
    expect(other.stderr).to.match(/lock subject: blocked by .* \(migration\)/);
    const same = await run("subject", "exit 0", "--subject", "migration");
    expect(same.code).to.equal(0);
  });

  it("waits for its turn, and says for whom", async () => {
    const held = await locks.live("turn", "web1");
    const waiting = begin("turn", "echo now");
    await waiting.said("waiting for turn: place 1 of 1; held by web1");
    expect(waiting.stdout()).to.equal("");
    await held.release();
    const { code, stdout } = await waiting.ended;
    expect([code, stdout]).to.deep.equal([0, "now\n"]);
  });

  it("exits with 4 when the time is over, and leaves the queue", async () => {
    await locks.live("late", "web1");
    const late = await run("late", "echo never", "--timeout", "0.3");
    expect([late.code, late.stdout]).to.deep.equal([4, ""]);
    expect(late.stderr).to.match(/^lock|lock late: not got in .* held by web1/);
    expect((await look("late")).waiters).to.deep.equal([]);
  });

  it("leaves the queue on Ctrl-C while it waits", async () => {
    await locks.live("patience", "web1");
    const waiting = begin("patience", "echo never");
    await waiting.said("waiting for patience");
    waiting.child.kill("SIGINT");
    expect((await waiting.ended).code).to.equal(130);
    expect((await look("patience")).waiters).to.deep.equal([]);
  });

  it("hands signals on, and keeps the lock of what they ended", async () => {
    const running = begin("signal", "echo begun; exec sleep 100");
    await running.said("begun");
    running.child.kill("SIGTERM");
    const { code, stderr } = await running.ended;
    expect(code).to.equal(143);
    expect(stderr).to.contain("sh ended by SIGTERM: the lock signal is kept");
    const [holder] = (await look("signal")).holders;
    expect(holder?.failure).to.deep.include({ step: "command", exit: null });
  });

  it("lets the command decide what a signal means", async () => {
    const script =
      'trap "echo tidied; exit 0" TERM; echo begun; while :; do sleep 0.05; done';
    const running = begin("trap", script);
    await running.said("begun");
    running.child.kill("SIGTERM");
    const { code, stdout } = await running.ended;
    expect([code, stdout]).to.deep.equal([0, "begun\ntidied\n"]);
    expect((await look("trap")).holders).to.deep.equal([]);
  });

  it("does not run beside itself, when it was killed and its command was not", async () => {
    const file = path.join(sandbox.dir, "pid");
    const brief = await startZookeeper(sandbox, {
      extra: ["maxSessionTimeout=2500"], // what a killed run leaves lives so long
    });
    const words = [
      ...["run", "twice", "--servers", brief.connect],
      ...["--", "sh", "-c", "echo $$ >pid; exec sleep 100"],
    ];
    const first = start(sandbox, words);
    const pid = await pidIn(file);
    first.child.kill("SIGKILL");
    await once(first.child, "exit");
    const again = await locked(sandbox, words);
    expect(again.code).to.equal(4);
    expect(again.stderr).to.contain(`still runs here, as process ${pid}`);
    fs.rmSync(file);
    process.kill(pid, "SIGKILL");
    const third = start(sandbox, words);
    process.kill(await pidIn(file), "SIGKILL");
    expect((await third.ended).code).to.equal(137);
  });

  it("shares the lock with its group: equal data holds together", async () => {
    await locks.live("group", "web1", { group: "rack7" });
    const member = await run("group", "echo in", "--data", "rack7");
    expect([member.code, member.stdout]).to.deep.equal([0, "in\n"]);
    const alone = await run("group", "echo in", "--timeout", "0.2");
    expect([alone.code, alone.stdout]).to.deep.equal([4, ""]);
  });

  it("takes no lock for a command that is not there", async () => {
    const args = ["run", "nothing", "--servers", zookeeper.connect, "--json"];
    const { code, stderr } = await locked(sandbox, [...args, "--", "nonsuch"]);
    expect(code).to.equal(127);
    const { error } = errorJson.parse(JSON.parse(stderr));
    expect(error.message).to.equal("nonsuch: command not found");
  });

  it("takes the lock's own limits, and refuses to come with others", async () => {
    const limits = { maxHolders: 2, maxPerGroup: null, maxFailures: 1 };
    await locks.live("limits", "web1", { limits });
    expect((await run("limits", "exit 0")).code).to.equal(0);
    const other = await run("limits", "exit 0", "--max-holders", "3");
    expect(other.code).to.equal(6);
    expect(other.stderr).to.contain("locked-action: lock limits:");
  });

  it("says so when the lock was taken away meanwhile", async () => {
    const running = begin("lost", "echo begun; read -r _");
    await running.said("begun");
    const [holder] = (await look("lost")).holders;
    await locked(sandbox, [
      ...["clear", "lost", "--holder", holder!.id, "-m", "why", "-y"],
      ...["--force-live", "--servers", zookeeper.connect],
    ]);
    running.write("go on\n");
    const { code, stderr } = await running.ended;
    expect(code).to.equal(1);
    expect(stderr).to.match(/lock lost: no longer ours: cleared by .*: why/);
  });
});

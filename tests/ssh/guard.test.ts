import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { createHostPool } from "../../core/ssh/pool";
import type { HostPool, RemoteHost, Script } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { startHosts, type Fleet } from "../support/hosts";
import { startProxy, type Proxy } from "../support/proxy";
import { Sandbox } from "../support/sandbox";
import { connect } from "./connect";
import { startPrivateHost, whyNoPrivateHost } from "./private-host";

const PLACE = "/run/lock/locked-action";

describe("the guard on the host", () => {
  let sandbox: Sandbox;
  let fleet: Fleet;
  let pool: HostPool;
  let host: RemoteHost;
  const keys: string[] = [];

  before(async () => {
    sandbox = await Sandbox.create();
    fleet = await startHosts(sandbox, ["web1"]);
    pool = createHostPool();
    host = await pool.lease(connect(fleet.connection("web1")));
  });
  after(async () => {
    host.release();
    pool.close();
    await sandbox.stop();
    // the directory is the machine's: only what is ours goes
    if (!fs.existsSync(PLACE)) return;
    for (const file of fs.readdirSync(PLACE))
      if (keys.some((key) => file.startsWith(key)))
        fs.rmSync(path.join(PLACE, file));
  });

  const newKey = () => {
    const key = `test-${process.pid}-${keys.length}-`;
    keys.push(key);
    return key;
  };
  const file = (name: string) =>
    path.join(sandbox.dir, `${name}-${keys.length}`);
  const guarded = (
    key: string,
    runId: string,
    body: string,
    more: Partial<Script> = {},
  ): Script => ({
    body,
    timeout: 60,
    guard: { key, runId },
    ...more,
  });
  /** A body that acts until it is told to stop, and leaves its traces. */
  const acting = (begun: string, go: string, then = "") =>
    `echo begun >>${begun}; while [ ! -e ${go} ]; do sleep 0.02; done; ${then}`;
  const seen = (name: string) =>
    eventually(`${name} is there`, () => fs.existsSync(name));

  it("keeps a record of each run, and of the newest only", async () => {
    const key = newKey();
    expect(await host.awaitGuard(key, 10)).to.deep.equal({ state: "none" });
    for (const [runId, exit] of [
      ["run-1", 0],
      ["run-2", 3],
    ] as const) {
      const result = await host.run(
        guarded(key, runId, `echo out; echo err >&2; exit ${exit}`),
      );
      expect(result).to.deep.equal({
        kind: "exit",
        code: exit,
        stdout: "out\n",
        stderr: "err\n",
      });
      expect(await host.awaitGuard(key, 10)).to.deep.equal({
        state: "finished",
        runId,
        exit,
      });
    }
  });

  it("keeps owners apart whose names begin alike", async () => {
    const key = newKey();
    await host.run(guarded(`${key}a`, "run-a", "true"));
    await host.run(guarded(`${key}a.1`, "run-b", "exit 1"));
    expect(await host.awaitGuard(`${key}a`, 10)).to.include({ runId: "run-a" });
    expect(await host.awaitGuard(key, 10)).to.deep.equal({ state: "none" });
  });

  it("lets a second run of the same owner wait for the first, and says for whom", async () => {
    const key = newKey();
    const [begun, go, order] = [file("begun"), file("go"), file("order")];
    const first = host.run(
      guarded(key, "run-1", acting(begun, go, `echo first >>${order}`)),
    );
    await seen(begun);
    const second = host.run(guarded(key, "run-2", `echo second >>${order}`));
    const other = await host.run(guarded(newKey(), "run-3", "true"));
    expect(other).to.include({ kind: "exit", code: 0 });
    fs.writeFileSync(go, "");
    expect(await first).to.include({ kind: "exit", code: 0, stderr: "" });
    const result = await second;
    expect(result).to.include({ kind: "exit", code: 0 });
    expect(fs.readFileSync(order, "utf8")).to.equal("first\nsecond\n");
    if (result.stderr)
      expect(result.stderr).to.equal(
        "locked-action: waiting for run run-1, which still acts on this host\n",
      );
  });

  it("never lets a run begin that has waited until its deadline", async () => {
    const key = newKey();
    const [begun, go, never] = [file("begun"), file("go"), file("never")];
    const first = host.run(guarded(key, "run-1", acting(begun, go)));
    await seen(begun);
    const second = await host.run(
      guarded(key, "run-2", `touch ${never}`, { timeout: 1 }),
    );
    expect(second).to.deep.equal({
      kind: "timeout",
      seconds: 1,
      started: false,
      stdout: "",
      stderr:
        "locked-action: waiting for run run-1, which still acts on this host\n",
    });
    expect(await host.awaitGuard(key, 1)).to.deep.equal({
      state: "running",
      runId: "run-1",
    });
    fs.writeFileSync(go, "");
    await first;
    expect(await host.awaitGuard(key, 30)).to.deep.equal({
      state: "finished",
      runId: "run-1",
      exit: 0,
    });
    expect(fs.existsSync(never)).to.equal(false);
  });

  it("writes the end by TERM down, and calls one by KILL interrupted", async () => {
    const key = newKey();
    await host.run(guarded(key, "run-1", "sleep 300", { timeout: 1 }));
    expect(await host.awaitGuard(key, 30)).to.deep.equal({
      state: "finished",
      runId: "run-1",
      exit: 143,
    });
    await host.run(guarded(key, "run-2", "kill -KILL $$"));
    expect(await host.awaitGuard(key, 30)).to.deep.equal({
      state: "interrupted",
      runId: "run-2",
    });
  });

  it("is not kept by a daemon that the act leaves behind", async () => {
    const key = newKey();
    const pid = file("pid");
    const result = await host.run(
      guarded(key, "run-1", `sleep 300 & echo $! >${pid}; echo up`),
    );
    expect(result).to.include({ kind: "exit", code: 0, stdout: "up\n" });
    expect(await host.awaitGuard(key, 10)).to.include({
      state: "finished",
      exit: 0,
    });
    expect(await host.run(guarded(key, "run-2", "true"))).to.include({
      kind: "exit",
      code: 0,
    });
    process.kill(Number(fs.readFileSync(pid, "utf8")));
  });

  describe("when the link is lost", () => {
    let proxy: Proxy;
    const through = () =>
      pool.lease(
        connect({
          ...fleet.connection("web1"),
          port: proxy.port,
          hostKey: fleet.host("web1").hostKey,
        }),
      );
    beforeEach(async () => (proxy = await startProxy(fleet.host("web1").port)));
    afterEach(() => proxy.close());

    it("the act goes on to its end, however much it prints, and its exit is known afterwards", async () => {
      const key = newKey();
      const [begun, go, done] = [file("begun"), file("go"), file("done")];
      const lease = await through();
      const running = lease.run(
        guarded(
          key,
          "run-1",
          acting(
            begun,
            go,
            `seq 1 100000; seq 1 100000 >&2; sleep 0.1; echo more; echo done >${done}; exit 5`,
          ),
        ),
      );
      await seen(begun);
      proxy.cut();
      const result = await running;
      expect(result).to.include({ kind: "unknown" });
      expect(result).to.not.have.property("started");
      const again = await through();
      lease.release();
      const record = again.awaitGuard(key, 30);
      fs.writeFileSync(go, "");
      expect(await record).to.deep.equal({
        state: "finished",
        runId: "run-1",
        exit: 5,
      });
      expect(fs.readFileSync(done, "utf8")).to.equal("done\n");
      expect(fs.readFileSync(begun, "utf8")).to.equal("begun\n");
      again.release();
    });

    it("half a script is never run, and asking for its guard is enough to know", async () => {
      const key = newKey();
      const never = file("never");
      const lease = await through();
      await lease.run({ body: "true", timeout: 30 });
      let bytes = 0;
      proxy.onRequest = (chunk) => {
        bytes += chunk.length;
        if (bytes > 500_000) proxy.mode = "blackhole";
      };
      const running = lease.run(
        guarded(key, "run-1", `touch ${never}\n: '${"x".repeat(1_000_000)}'`),
      );
      await eventually(
        "the half is under way",
        () => proxy.mode === "blackhole",
      );
      proxy.cut();
      expect(await running).to.include({ kind: "unknown" });
      proxy.onRequest = null;
      proxy.mode = "ok";
      const again = await through();
      expect(await again.awaitGuard(key, 30)).to.deep.equal({ state: "none" });
      expect(fs.existsSync(never)).to.equal(false);
      lease.release();
      again.release();
    });

    it("an act that was still on its way never begins once its guard was asked for", async () => {
      const key = newKey();
      const never = file("never");
      const lease = await through();
      await lease.run({ body: "true", timeout: 30 });
      let bytes = 0;
      proxy.onRequest = (chunk) => {
        bytes += chunk.length;
        if (bytes > 2_000) proxy.mode = "blackhole"; // the program has gone through
      };
      const running = lease.run(guarded(key, "run-1", "true"));
      await eventually("it is sent", () => proxy.mode === "blackhole");
      proxy.cut();
      expect(await running).to.include({ kind: "unknown" });
      proxy.onRequest = null;
      proxy.mode = "ok";
      const again = await through();
      await again.awaitGuard(key, 30);
      // what a frozen server would do later with what it had received
      const late = await again.run(guarded(key, "run-1", `touch ${never}`));
      expect(late).to.deep.equal({
        kind: "exit",
        code: 98,
        started: false,
        stdout: "",
        stderr: "locked-action: this run was given up before it began\n",
      });
      expect(fs.existsSync(never)).to.equal(false);
      expect(await again.run(guarded(key, "run-2", "true"))).to.include({
        kind: "exit",
        code: 0,
      });
      lease.release();
      again.release();
    });

    it("another run may be revoked by its id", async () => {
      const key = newKey();
      await host.awaitGuard(key, 10, { revoke: "run-7" });
      expect(await host.run(guarded(key, "run-7", "true"))).to.include({
        started: false,
      });
      expect(await host.run(guarded(key, "run-8", "true"))).to.include({
        code: 0,
      });
    });
  });

  it("refuses names that are none", async () => {
    const failure = (call: Promise<unknown>) =>
      call.then(
        () => "",
        (error: Error) => error.message,
      );
    expect(await failure(host.awaitGuard("a/b", 1))).to.equal(
      'guard: "a/b" is no name of a file',
    );
    expect(await failure(host.awaitGuard("a", 1, { revoke: "x y" }))).to.equal(
      'guard: "x y" is no run id',
    );
  });

  describe("between the users of a host", () => {
    before(function () {
      const why = whyNoPrivateHost();
      if (why) {
        console.log(`      skipped: ${why}`);
        this.skip();
      }
    });

    const start = (mounts: string[] = [], config: string[] = []) =>
      startPrivateHost(
        sandbox,
        [{ name: "one", sudo: "ALL=(ALL) NOPASSWD: ALL" }, { name: "two" }],
        { mounts, config },
      );

    it("is one and the same, and the newest record counts", async () => {
      const shared = await start();
      const [one, two] = await Promise.all(
        ["one", "two"].map((name) => pool.lease(shared.connection(name))),
      );
      const [begun, go] = ["begun", "go"].map((name) =>
        path.join(shared.dir, "home-one", name),
      );
      const first = one!.run(guarded("key", "run-1", acting(begun!, go!)));
      await seen(begun!);
      const blocked = await two!.run(
        guarded("key", "run-2", "true", { timeout: 1 }),
      );
      expect(blocked).to.include({ kind: "timeout", started: false });
      const root = await one!.run(
        guarded("key", "run-3", "true", { timeout: 1, sudo: true }),
      );
      expect(root).to.include({ kind: "timeout", started: false });
      expect(await two!.awaitGuard("key", 1)).to.deep.equal({
        state: "running",
        runId: "run-1",
      });
      fs.writeFileSync(go!, "");
      await first;
      await two!.run(guarded("key", "run-4", "exit 4"));
      const newest = { state: "finished", runId: "run-4", exit: 4 };
      expect(await one!.awaitGuard("key", 9)).to.deep.equal(newest);
      expect(await one!.awaitGuard("key", 9, { sudo: true })).to.deep.equal(
        newest,
      );
      one!.release();
      two!.release();
    });

    it("lies in the user's own home where /run/lock is closed, and still counts when it opens", async () => {
      const closed = await start(["chmod 755 /run/lock"]);
      const one = await pool.lease(closed.connection("one"));
      const [begun, go] = ["begun", "go"].map((name) =>
        path.join(closed.dir, "home-one", name),
      );
      const first = one.run(guarded("key", "run-1", acting(begun!, go!)));
      await seen(begun!);
      expect(
        fs.existsSync(
          path.join(closed.dir, "home-one/.cache/locked-action/key.lock"),
        ),
      ).to.equal(true);
      await one.run({ body: "chmod 1777 /run/lock", timeout: 9, sudo: true });
      const second = await one.run(
        guarded("key", "run-2", "true", { timeout: 1 }),
      );
      expect(second).to.include({ kind: "timeout", started: false });
      fs.writeFileSync(go!, "");
      await first;
      expect(await one.run(guarded("key", "run-3", "true"))).to.include({
        kind: "exit",
        code: 0,
      });
      expect(await one.awaitGuard("key", 9)).to.include({ runId: "run-3" });
      one.release();
    });

    it("does not follow links, nor trust another user's directory as root", async () => {
      const trap = await start([
        "mkdir -m 777 /run/lock/locked-action",
        "chown 47002 /run/lock/locked-action",
        `ln -s ${sandbox.dir}/victim /run/lock/locked-action/key.lock`,
        `ln -s ${sandbox.dir}/victim /run/lock/locked-action/key@0.revoked`,
      ]);
      const one = await pool.lease(trap.connection("one"));
      const result = await one.run(
        guarded("key", "run-1", "true", { sudo: true }),
      );
      expect(result).to.include({ kind: "exit", code: 0 });
      expect(
        await one.awaitGuard("key", 9, { sudo: true, revoke: "x" }),
      ).to.include({ runId: "run-1" });
      expect(fs.existsSync(`${sandbox.dir}/victim`)).to.equal(false);
      one.release();
    });

    it("is missed where the host has no flock, and the output says so", async () => {
      const bare = await start(["mount --bind /dev/null /usr/bin/flock"]);
      const one = await pool.lease(bare.connection("one"));
      const result = await one.run(guarded("key", "run-1", "exit 3"));
      expect(result).to.include({
        kind: "exit",
        code: 3,
        stderr:
          "locked-action: this host has no flock: two runs could act at once\n",
      });
      expect(await one.awaitGuard("key", 9)).to.deep.equal({
        state: "unavailable",
        reason: "the host has no flock",
      });
      one.release();
    });
  });
});

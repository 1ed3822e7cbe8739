import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { createHostPool } from "../../core/ssh/pool";
import {
  LinkError,
  type HostPool,
  type RemoteHost,
} from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { startHosts, type Fleet } from "../support/hosts";
import { startProxy, type Proxy } from "../support/proxy";
import { Sandbox } from "../support/sandbox";
import { connect } from "./connect";
import { children, removeGuards } from "./machine";
import { TYPESCRIPT } from "../support/typescript";

describe("a link that is lost", () => {
  let sandbox: Sandbox;
  let fleet: Fleet;
  let proxy: Proxy;
  let pool: HostPool;
  let host: RemoteHost;
  let count = 0;

  before(async () => {
    sandbox = await Sandbox.create();
    fleet = await startHosts(sandbox, ["web1"]);
  });
  after(() => sandbox.stop());
  beforeEach(async () => {
    count++;
    pool = createHostPool({ keepalive: 2 });
    proxy = await startProxy(fleet.host("web1").port);
    host = await through();
  });
  afterEach(async () => {
    removeGuards(`link-${process.pid}-${count}`);
    host.release();
    pool.close();
    await proxy.close();
  });

  const through = () =>
    pool.lease(
      connect({
        ...fleet.connection("web1"),
        port: proxy.port,
        hostKey: fleet.host("web1").hostKey,
      }),
    );
  const file = (name: string) => path.join(sandbox.dir, `${name}-${count}`);
  const there = (name: string) =>
    eventually(`${name} is there`, () => fs.existsSync(name));
  /** Begins an act that goes on until it is told to stop. */
  const begin = async (lease = host) => {
    const [begun, go] = [file("begun"), file("go")];
    const guard = {
      key: `link-${process.pid}-${count}`,
      runId: `run-${count}`,
    };
    const body = `echo begun >>${begun}; while [ ! -e ${go} ]; do sleep 0.02; done; exit 5`;
    const result = lease.run({ body, timeout: 60, guard });
    await there(begun);
    const finish = () => fs.writeFileSync(go, "");
    return { result, finish, guard, begun };
  };
  const finished = (runId: string) => ({ state: "finished", runId, exit: 5 });

  it("ends the wait at once when it is cut, and the next lease dials anew", async () => {
    const { result, finish, guard } = await begin();
    proxy.cut();
    const ended = await result;
    expect(ended).to.include({
      kind: "unknown",
      reason: "the host closed the connection",
    });
    const dead = await host.run({ body: "true", timeout: 9 });
    expect(dead).to.include({ kind: "unknown", started: false });
    const error = await host.awaitGuard(guard.key, 9).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(LinkError);
    const again = await through();
    finish();
    expect(await again.awaitGuard(guard.key, 30)).to.deep.equal(
      finished(guard.runId),
    );
    again.release();
  });

  it("is noticed when nothing comes any more, in both directions or in one", async () => {
    const runs = [];
    const attentive = createHostPool({ keepalive: 1 });
    for (const mode of ["blackhole", "dropReplies"] as const) {
      const own = await startProxy(fleet.host("web1").port);
      const options = {
        ...fleet.connection("web1"),
        port: own.port,
        hostKey: fleet.host("web1").hostKey,
      };
      const lease = await attentive.lease(connect(options));
      const begun = file(`begun-${mode}`);
      const running = lease.run({
        body: `touch ${begun}; exec sleep 30`,
        timeout: 40,
      });
      await there(begun);
      own.mode = mode;
      runs.push(
        running.then(async (result) => {
          lease.release();
          await own.close();
          return result;
        }),
      );
    }
    for (const result of await Promise.all(runs))
      expect(result).to.include({
        kind: "unknown",
        reason: "the host stopped answering",
      });
    attentive.close();
  });

  it("is one when the server of the session is killed, and the act goes on", async () => {
    const { result, finish, guard, begun } = await begin();
    for (const session of children(fleet.host("web1").pid))
      process.kill(session, "SIGKILL");
    expect(await result).to.include({ kind: "unknown" });
    const again = await through();
    const record = again.awaitGuard(guard.key, 30);
    finish();
    expect(await record).to.deep.equal(finished(guard.runId));
    expect(fs.readFileSync(begun, "utf8")).to.equal("begun\n");
    again.release();
  });

  it("is none when the host freezes for a while and comes back", async () => {
    const { result, finish } = await begin();
    const frozen = children(fleet.host("web1").pid);
    for (const session of frozen) process.kill(session, "SIGSTOP");
    finish();
    // a keepalive goes unanswered meanwhile
    let asked = 0;
    proxy.onRequest = () => asked++;
    await eventually("the host was asked whether it is there", () => asked > 0);
    for (const session of frozen) process.kill(session, "SIGCONT");
    expect(await result).to.include({ kind: "exit", code: 5 });
  });

  describe("by its runner", () => {
    const runner = (
      guard: { key: string; runId: string },
      begun: string,
      go: string,
    ) =>
      sandbox.spawn(
        process.execPath,
        [
          ...["--require", TYPESCRIPT, path.join(__dirname, "runner.ts")],
          JSON.stringify({
            connection: connect({ ...fleet.connection("web1") }),
            script: {
              body: `echo begun >>${begun}; while [ ! -e ${go} ]; do sleep 0.02; done; exit 5`,
              timeout: 60,
              guard,
            },
            result: file("result"),
          }),
        ],
        { cwd: path.join(__dirname, "../..") },
      );

    it("that is killed in the middle of an act, cannot make it run twice, or be judged while it runs", async () => {
      const [begun, go] = [file("begun"), file("go")];
      const guard = { key: `link-${process.pid}-${count}`, runId: "killed" };
      const child = runner(guard, begun, go);
      await there(begun);
      child.kill("SIGKILL");
      expect(await host.awaitGuard(guard.key, 1)).to.deep.equal({
        state: "running",
        runId: "killed",
      });
      const next = host.run({
        body: `echo next >>${begun}`,
        timeout: 60,
        guard: { ...guard, runId: "next" },
      });
      fs.writeFileSync(go, "");
      expect(await next).to.include({ kind: "exit", code: 0 });
      expect(fs.readFileSync(begun, "utf8")).to.equal("begun\nnext\n");
    });

    it("that is frozen and continued, gets the true result", async () => {
      const [begun, go] = [file("begun"), file("go")];
      const guard = { key: `link-${process.pid}-${count}`, runId: "frozen" };
      const child = runner(guard, begun, go);
      await there(begun);
      child.kill("SIGSTOP");
      fs.writeFileSync(go, "");
      expect(await host.awaitGuard(guard.key, 30)).to.deep.equal(
        finished("frozen"),
      );
      child.kill("SIGCONT");
      await there(file("result"));
      const result = JSON.parse(
        fs.readFileSync(file("result"), "utf8"),
      ) as object;
      expect(result).to.include({ kind: "exit", code: 5 });
    });
  });

  it("leaves the process free to end, whatever late errors come", async () => {
    const { result, finish } = await begin();
    const code = await new Promise((resolve) => {
      const child = spawn(
        process.execPath,
        [
          ...["--require", TYPESCRIPT, path.join(__dirname, "runner.ts")],
          JSON.stringify({
            connection: connect({
              ...fleet.connection("web1"),
              port: proxy.port,
              hostKey: fleet.host("web1").hostKey,
            }),
            script: {
              body: "kill -9 $PPID", // the server of this session
              timeout: 20,
            },
            result: file("late"),
          }),
        ],
        { cwd: path.join(__dirname, "../.."), stdio: "inherit" },
      );
      child.on("exit", resolve);
    });
    expect(code).to.equal(0);
    finish();
    await result;
  });
});

import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { drawsOnTerminal } from "../../provider/terminal";
import { quote } from "../../core/text/quote";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";

describe("whether the engine draws on a terminal", () => {
  let sandbox: Sandbox;
  let engine: ChildProcess;
  before(async () => {
    sandbox = await Sandbox.create();
  });
  after(() => sandbox.stop());
  afterEach(() => engine.kill("SIGKILL"));

  /** The pid that a shell command tells before it waits. */
  async function pidOf(command: string, terminal: boolean): Promise<number> {
    const file = path.join(sandbox.dir, `pid-${Math.random()}`);
    const told = `echo $$ >${quote(file)}; ${command}`;
    engine = terminal
      ? sandbox.spawn("script", ["-qefc", told, "/dev/null"], {
          env: { ...process.env, SHELL: "/bin/sh" },
          stdio: ["pipe", "pipe", "pipe"],
        })
      : sandbox.spawn("/bin/sh", ["-c", told], { stdio: "pipe" });
    return eventually("it has told its pid", () =>
      fs.existsSync(file) ? Number(fs.readFileSync(file, "utf8")) : 0,
    );
  }

  it("does, where its stdout is one", async () => {
    const pid = await pidOf("sleep 60; :", true);
    expect(drawsOnTerminal(pid)).to.equal(true);
  });

  it("does not, where its stdout is a pipe", async () => {
    const pid = await pidOf("sleep 60; :", false);
    expect(drawsOnTerminal(pid)).to.equal(false);
  });

  it("does, behind the script that starts a provider, whose stdout is the engine's pipe", async () => {
    const script = path.join(sandbox.dir, "pulumi-resource-pulumi-nodejs");
    const file = path.join(sandbox.dir, "script.pid");
    fs.writeFileSync(script, `echo $$ >${quote(file)}; sleep 60; :`);
    const starter = path.join(sandbox.dir, "engine");
    fs.writeFileSync(starter, `sh ${quote(script)} | cat; :`);
    await pidOf(`exec sh ${quote(starter)}`, true);
    const pid = await eventually("the script has told its pid", () =>
      fs.existsSync(file) ? Number(fs.readFileSync(file, "utf8")) : 0,
    );
    expect(fs.readlinkSync(`/proc/${pid}/fd/1`)).to.match(/^pipe:/);
    expect(drawsOnTerminal(pid)).to.equal(true);
  });

  it("does not, where there is no such process any more", async () => {
    engine = spawn("true");
    const pid = engine.pid!;
    await once(engine, "exit");
    expect(drawsOnTerminal(pid)).to.equal(false);
  });
});

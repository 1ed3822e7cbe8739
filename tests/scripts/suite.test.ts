import { expect } from "chai";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";

const ROOT = path.resolve(__dirname, "../..");

/** A run of `npm test` over files of a test's own. */
interface Run {
  child: ChildProcess;
  output(): string;
  /** Its exit code. */
  ended: Promise<number | null>;
}

const PASSING = `it("adds", () => {}); it("waits"); console.log("of the passing file");`;
const FAILING = `describe("sums", () => it("are right", () => { throw new Error("1 is not 2"); }));`;
const CRASHING = `it("runs", () => {}); it("ends all", () => process.exit(7));`;
const HANGING = `it("is fast", () => {}); setInterval(() => {}, 1000);`;
const WAITING = `
import { spawn } from "node:child_process";
import fs from "node:fs";
it("takes long", async () => {
  const own = spawn("sleep", ["1000"]);
  const detached = spawn("sleep", ["1000"], { detached: true });
  fs.writeFileSync(__filename + ".new", [process.pid, own.pid, detached.pid].join(" "));
  fs.renameSync(__filename + ".new", __filename + ".pids");
  await new Promise(() => setInterval(() => {}, 1000));
}).timeout(0);`;
const LEAVING = `
import { spawn } from "node:child_process";
it("starts a process", () => spawn("sleep", ["999"], { detached: true, stdio: "ignore" }).unref());`;

describe("a run of the tests", () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await Sandbox.create();
  });
  after(() => sandbox.stop());

  function write(name: string, text: string): string {
    const file = path.join(sandbox.dir, name);
    fs.writeFileSync(file, text);
    return file;
  }

  function start(...args: string[]): Run {
    let output = "";
    const child = sandbox.spawn(
      process.execPath,
      [path.join(ROOT, "scripts/test.js"), ...args],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const add = (data: Buffer) => void (output += data.toString());
    child.stdout!.on("data", add);
    child.stderr!.on("data", add);
    const ended = once(child, "close").then(([code]) => code as number | null);
    return { child, output: () => output, ended };
  }

  /** Starts a file that waits for ever, with two processes of its own; tells the pids of the three. */
  async function startWaiting(name: string) {
    const file = write(name, WAITING);
    const run = start(file);
    await eventually("the file runs", () => fs.existsSync(`${file}.pids`));
    const pids = fs.readFileSync(`${file}.pids`, "utf8").split(" ");
    expect(pids.filter(isAlive)).to.have.length(3);
    return { run, pids };
  }

  it("sums up all files, and names each that failed, crashed or hung, with what repeats it", async () => {
    const passing = write("passing.test.ts", PASSING);
    const failing = write("failing.test.ts", FAILING);
    const crashing = write("crashing.test.ts", CRASHING);
    const hanging = write("hanging.test.ts", HANGING);
    const leaving = write("leaving.test.ts", LEAVING);
    const files = [passing, failing, crashing, hanging, leaving];
    const run = start("--deadline", "8", ...files);
    expect(await run.ended).to.equal(1);
    const name = (file: string) => path.relative(ROOT, file);
    const output = run.output();
    expect(output).to.contain("of the passing file");
    const told = output.slice(output.indexOf("\nfailed:"));
    expect(told).not.to.contain(name(passing));
    for (const [file, why] of [
      [failing, "sums are right: 1 is not 2"],
      [crashing, "it ended with exit code 7 before its tests had"],
      [hanging, "it had not ended after 8 s"],
      [leaving, "it left a process: "],
    ] as const) {
      expect(told).to.contain(`  ${name(file)}\n    ${why}`);
      expect(told).to.contain(`    again: npm test ${name(file)}\n`);
    }
    expect(output.trim().split("\n").at(-1)).to.equal(
      "3 passed, 4 failed, 1 skipped",
    );
  });

  it("ends with Ctrl-C, and nothing of it is left", async () => {
    const { run, pids } = await startWaiting("interrupted.test.ts");
    run.child.kill("SIGINT");
    expect(await run.ended).to.equal(130);
    expect(pids.filter(isAlive)).to.deep.equal([]);
  });

  it("takes its files with it when it is killed by -9", async () => {
    const { run, pids } = await startWaiting("killed.test.ts");
    run.child.kill("SIGKILL");
    const [file, own] = pids as [string, string];
    await eventually(
      "file and process end",
      () => !isAlive(file) && !isAlive(own),
    );
  });
});

/** An ended one that nobody has awaited yet is still listed. */
function isAlive(pid: string): boolean {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    return !/[ZX]/.test(stat.charAt(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}

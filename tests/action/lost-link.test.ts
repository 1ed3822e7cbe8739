import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import type { ActionSpec } from "../../core/action/types";
import { lockPath, ownerKey } from "../../core/lock";
import { eventually } from "../support/eventually";
import { command, count, failed, Rig, succeeded } from "./rig";

/** After each loss the outcome is what really happened on the host, and the action ran once. */
describe("a connection that is lost", () => {
  let rig: Rig;
  before(async () => void (rig = await Rig.start(["web1"])));
  after(() => rig.stop());
  beforeEach(() => {
    for (const file of ["acts", "ended", "drains", "go"])
      rig.remove("web1", file);
  });

  const acts = () => count(rig.read("web1", "acts"));
  const acting = () => eventually("the action runs", () => acts() === 1);
  /** What serves the connections of the host. */
  const sessions = () => {
    const host = rig.fleet.host("web1").pid;
    const pids = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return pids.map(Number).filter((pid) => parentOf(pid) === host);
  };
  /** Cuts them all; its sshd lives on. */
  const cut = () => {
    for (const pid of sessions()) process.kill(pid, "SIGKILL");
  };
  /** Cuts them, and nobody can connect again. */
  const cutOff = () => {
    const serving = sessions();
    rig.fleet.host("web1").stop();
    for (const pid of serving) process.kill(pid, "SIGKILL");
  };
  /** What a command waits for after its connection was cut. */
  const go = () => rig.write("web1", "go");
  const UNTIL_GO = "while [ ! -e go ]; do sleep 0.02; done";
  const long = (code: number) =>
    command(
      `cd $LOCKED_ACTION_HOST_DIR; echo act >> acts; ${UNTIL_GO}; echo end >> ended; exit ${code}`,
    );
  const connectedAgain = () =>
    eventually("it is connected again", () => sessions().length > 0);
  const spec = (changes: Partial<ActionSpec>) =>
    rig.spec({
      process: null,
      connection: { ...rig.connection("web1"), dialErrorLimit: 5 },
      ...changes,
    });
  const state = async (of: ActionSpec) =>
    (await rig.view(of))?.holders[0]?.state;

  it("while it acts: connects again, waits for the end, and takes the exit the host wrote down", async () => {
    const run = rig.run(spec({ act: long(0) }));
    await acting();
    cut();
    await connectedAgain();
    go();
    const outcome = succeeded(await run);
    expect(outcome).to.deep.include({
      outcome: "acted",
      exitCode: 0,
      kept: null,
    });
    expect(acts()).to.equal(1);
    expect(count(rig.read("web1", "ended"), "end")).to.equal(1);
  });

  it("while it acts, and the action fails: says so, and keeps the lock", async () => {
    const of = spec({ act: long(5) });
    const run = rig.run(of);
    await acting();
    cut();
    await connectedAgain();
    go();
    const outcome = failed(await run);
    expect(outcome.reasons[0]).to.equal("web1: act: the command: exit 5");
    expect(await state(of)).to.equal("failed");
    expect(acts()).to.equal(1);
  });

  it("while it acts, for good: the lock stays, and the next run finds out", async () => {
    const of = spec({
      // it is looked for until its deadline
      act: { ...long(0), timeout: 4 },
      connection: { ...rig.connection("web1"), dialErrorLimit: 1 },
    });
    const run = rig.run(of);
    await acting();
    const host = rig.fleet.host("web1");
    cutOff();
    go();
    const outcome = failed(await run);
    await host.start();
    expect(outcome.reasons[0]).to.match(
      /^web1: act: the connection was lost while it ran .* how it ended is not known$/,
    );
    expect(outcome.debt.phase).to.equal("attempted");
    expect(await state(of)).to.equal("failed");
    const next = succeeded(await rig.run(rig.after(of, outcome)));
    expect(next).to.deep.include({ outcome: "acted", exitCode: 0 });
    expect(acts()).to.equal(1);
  });

  it("while it acts, on a host that loses the act and its record as well: the lock stays", async () => {
    const of = spec({
      act: command(
        `cd $LOCKED_ACTION_HOST_DIR; echo act >> acts; echo $$ > shell; ${UNTIL_GO}`,
      ),
    });
    const run = rig.run(of);
    await acting();
    await eventually("it says which it is", () => rig.read("web1", "shell"));
    cut();
    process.kill(-groupOf(Number(rig.read("web1", "shell"))), "SIGKILL");
    const key = ownerKey(lockPath(of.lock.root, of.lock.name), of.owner);
    for (const dir of ["/run/locked-action", rig.sandbox.dir])
      for (const file of filesIn(dir).filter((name) => name.includes(key)))
        fs.rmSync(path.join(dir, file), { force: true });
    const outcome = failed(await run);
    expect(outcome.reasons[0]).to.match(/how it ended is not known$/);
    expect(outcome.debt.phase).to.equal("attempted");
    expect(await state(of)).to.equal("failed");
    expect(acts()).to.equal(1);
  });

  it("before the act: nothing was done, the lock is released", async () => {
    const gate = { command: "exit 75", interval: 0.05, timeout: 60 };
    const of = spec({
      gate,
      act: long(0),
      connection: { ...rig.connection("web1"), dialErrorLimit: 1 },
    });
    const host = rig.fleet.host("web1");
    let off = false;
    const report = ({ text }: { text: string }) => {
      if (off || !text.startsWith("not yet")) return;
      off = true;
      cutOff();
    };
    const outcome = failed(await rig.run(of, { report }));
    await host.start();
    expect(outcome.reasons[0]).to.match(/^web1: gate: .*connection was lost/);
    expect(outcome).to.deep.include({ kept: null, touched: false });
    expect((await rig.view(of))?.holders).to.deep.equal([]);
    expect(acts()).to.equal(0);
  });

  it("right before the act: it is not begun, and the lock is released", async () => {
    const once = { ...rig.connection("web1"), dialErrorLimit: 1 };
    const of = spec({ act: long(0), connection: once });
    go();
    let lost = false;
    const report = ({ step }: { step: string }) => {
      if (step !== "act" || lost) return;
      lost = true;
      cut();
    };
    const outcome = await rig.run(of, { report });
    // the kill and the request race: begun and found out, or never begun
    if (outcome.ok) expect(acts()).to.equal(1);
    else {
      expect(outcome.reasons[0]).to.match(/was not begun/);
      expect(outcome).to.deep.include({ kept: null, touched: false });
      expect(acts()).to.equal(0);
    }
    expect((await rig.view(of))?.holders).to.deep.equal([]);
  });

  it("before the act of a resumed one: its lock stays", async () => {
    const of = spec({ act: command("exit 1") });
    const first = failed(await rig.run(of));
    const host = rig.fleet.host("web1");
    const next = {
      ...rig.after(of, first),
      process: { commandString: rig.daemon("web1"), fullCmd: true },
    };
    let off = false;
    const report = ({ text }: { text: string }) => {
      if (off || text !== "looking again") return;
      off = true;
      cutOff();
    };
    const outcome = failed(
      await rig.run(
        {
          ...next,
          connection: { ...rig.connection("web1"), dialErrorLimit: 1 },
        },
        { report },
      ),
    );
    await host.start();
    expect(outcome.step).to.match(/look|dial/);
    expect(outcome.kept).not.to.equal(null);
    expect(await state(of)).to.equal("failed");
  });

  it("while draining: undrains over a new connection, and keeps the lock", async () => {
    const drain = {
      command: `cd $LOCKED_ACTION_HOST_DIR; echo drain >> drains; ${UNTIL_GO}`,
      timeout: 60,
    };
    const undrain = {
      command: "echo undrain >> $LOCKED_ACTION_HOST_DIR/drains",
      timeout: 60,
    };
    const of = spec({ drain, undrain });
    const run = rig.run(of);
    await eventually("it drains", () => rig.read("web1", "drains") !== "");
    cut();
    const outcome = failed(await run);
    go();
    expect(outcome.reasons[0]).to.match(
      /^web1: drain: the connection was lost/,
    );
    expect(rig.read("web1", "drains")).to.equal("drain\nundrain\n");
    expect(await state(of)).to.equal("failed");
    expect(acts()).to.equal(0);
  });

  it("while it gets healthy: goes on over a new connection", async () => {
    const health = {
      command: "[ -f $LOCKED_ACTION_HOST_DIR/ended ]",
      interval: 0.05,
      timeout: 60,
      minHealthy: 0,
    };
    const act = command("echo act >> $LOCKED_ACTION_HOST_DIR/acts");
    let lost = false;
    const report = ({ step }: { step: string }) => {
      if (step !== "health" || lost) return;
      lost = true;
      cut();
      rig.write("web1", "ended");
    };
    const outcome = succeeded(await rig.run(spec({ act, health }), { report }));
    expect(outcome.verifiedBy).to.deep.equal(["exitCode", "health"]);
    expect(acts()).to.equal(1);
  });
});

function parentOf(pid: number): number | null {
  try {
    return statOf(pid)[1]!;
  } catch {
    return null; // it has just ended
  }
}

const groupOf = (pid: number): number => statOf(pid)[2]!;

/** From its state on. */
function statOf(pid: number): number[] {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
}

function filesIn(dir: string): string[] {
  if (!fs.existsSync(dir)) return [];
  return fs.readdirSync(dir, { recursive: true, encoding: "utf8" });
}

import fs from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { lockJson } from "../../../cli/json";
import { locked, start, type Running } from "../../cli/command";
import { startPidNamespace } from "../../cli/namespaces";
import { Sandbox } from "../../support/sandbox";
import { startZookeeper } from "../../support/zookeeper";
import { Dice } from "../dice";
import { Work } from "./work";

export interface StormOptions {
  /** Runs in all. */
  cycles: number;
  seed: number;
  onProgress?: (count: number) => void;
}

export interface StormResult {
  violations: string[];
  /** Commands that were begun. */
  begun: number;
  /** Looks of the observer that saw one work. */
  seen: number;
  counts: Record<string, number>;
}

/** Of each place. */
const WORKERS = 2;
const NAME = "race";
const OWNER = ["--target", "ops", "--subject", "s"];
/** Refusals one after the other, with nobody at work, after which an operator clears what nobody can judge. */
const STUCK = 6;

/** Runs of one owner from two PID namespaces, a third of them killed: never two work at once. */
export async function runStorm({
  cycles,
  seed,
  onProgress = () => {},
}: StormOptions): Promise<StormResult> {
  const dice = new Dice(seed);
  const counts: Record<string, number> = {};
  const count = (what: string) => (counts[what] = (counts[what] ?? 0) + 1);
  const sandbox = await Sandbox.create();
  const { connect } = await startZookeeper(sandbox, {
    extra: ["maxSessionTimeout=4000"], // what a killed run leaves lives so long
  });
  const env = { LOCKED_ACTION_ZOOKEEPER_SERVERS: connect };
  const work = new Work(sandbox.dir, sandbox.mark);
  const elsewhere = await startPidNamespace(sandbox, "runs");
  const places = {
    here: (args: string[]) => start(sandbox, args),
    there: (args: string[]) => elsewhere.start(args),
  };
  let [next, done, refused] = [0, 0, 0];

  async function clearStuck(): Promise<void> {
    const { stdout } = await locked(sandbox, ["show", NAME, "--json"], { env });
    const stale = lockJson
      .parse(JSON.parse(stdout))
      .holders.find(({ state }) => state !== "live");
    if (!stale || !work.idle) return;
    const words = ["--holder", stale.id, "-m", "nobody can judge it", "--yes"];
    await locked(sandbox, ["clear", NAME, ...words], { env });
    count("cleared");
  }

  async function one(place: keyof typeof places, id: number): Promise<void> {
    const command = work.command(id, dice.between(0.05, 0.6));
    const running = places[place]([
      ...["run", NAME, "--servers", connect, ...OWNER],
      ...["--timeout", "20", "--owner-grace", "1", "--", ...command],
    ]);
    running.child.stdin?.end();
    const fate = dice.next();
    const after = dice.between(300, 3000);
    if (fate < 1 / 3) {
      await Promise.race([running.ended, pause(after)]);
      if (running.child.exitCode === null) {
        if (fate < 1 / 9 && work.kill(id)) count("killed command");
        if (killRun(running)) count(`killed ${place}`);
      }
    }
    const { code, stderr } = await running.ended;
    count(`${place} ${code ?? "signal"}`);
    refused = code === 4 && /cannot be judged/.test(stderr) ? refused + 1 : 0;
    if (refused < STUCK) return;
    refused = 0;
    await clearStuck();
  }

  const worker = async (place: keyof typeof places) => {
    while (next < cycles) {
      await one(place, next++);
      onProgress(++done);
    }
  };
  try {
    const all = (["here", "there"] as const).flatMap((place) =>
      Array.from({ length: WORKERS }, () => worker(place)),
    );
    await Promise.all(all);
    while (!work.idle) await pause(100);
    const begun = work.judge();
    return { violations: work.violations, begun, seen: work.seen, counts };
  } finally {
    work.stop();
    await sandbox.stop();
  }
}

/** The run alone: its command works on. In a namespace `nsenter` stands before it. */
function killRun({ child }: Running): boolean {
  const { pid } = child;
  if (pid === undefined) return false;
  const inner = childrenOf(pid).find((each) => isRun(each));
  try {
    process.kill(inner !== undefined && !isRun(pid) ? inner : pid, "SIGKILL");
    return true;
  } catch {
    return false; // it has just ended
  }
}

const isRun = (pid: number) => /^node/.test(textOf(`/proc/${pid}/comm`));

const childrenOf = (pid: number) =>
  textOf(`/proc/${pid}/task/${pid}/children`)
    .split(" ")
    .filter((each) => each.trim() !== "")
    .map(Number);

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return ""; // it is gone
  }
}

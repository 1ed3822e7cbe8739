import { attempt, type Attempt } from "../attempt";
import type { Control, Ending, Member, RollResult } from "../../core/roll";
import type { Run, Runtime } from "../runtime";
import type { State } from "../state";
import { Board } from "./board";
import { asCanary, type Fleet } from "./fleet";
import { anyPlan } from "./earlier";
import { isDone, isDue, type HostRun } from "./known";
import { lineUp, type LineUp } from "./line-up";

/** What became of one host. */
export interface HostEnd {
  key: string;
  /** `null`: nothing is known of it. */
  state: State | null;
  canary: boolean;
  /** Why it failed; `null`: it did not. */
  reasons: string[] | null;
}

/** What became of the fleet. */
export interface FleetEnd {
  hosts: HostEnd[];
  /** Why not all were begun. */
  stopped: string | null;
  /** The lock's history has to know of the end. */
  locked: boolean;
}

/** Takes all in hand that are due: the lock decides who acts when, the scheduler who asks. */
export async function rollFleet(
  runtime: Runtime,
  run: Run,
  fleet: Fleet,
  all: HostRun[],
  { endFirst }: { endFirst: boolean },
): Promise<FleetEnd> {
  const due = all.filter(isDue);
  const line = await lineUp(runtime, fleet, due, { all, endFirst });
  const board = boardOf(runtime, fleet, all, due);
  const ends = new Map<string, HostEnd>();
  for (const { host, state, canary } of line.resumed) {
    board.found(host.key);
    ends.set(host.key, { key: host.key, state, canary, reasons: null });
  }
  try {
    const result = await rollThem(runtime, run, fleet, all, line, board, ends);
    const hosts = all.map((host) => ends.get(host.key) ?? untouched(host));
    return { hosts, stopped: result.stopped, locked: line.locked };
  } finally {
    board.close();
  }
}

function boardOf(
  { status }: Runtime,
  fleet: Fleet,
  all: HostRun[],
  due: HostRun[],
): Board {
  const { limits } = anyPlan(fleet).lock;
  const width = limits.maxHolders * (limits.maxPerGroup ?? 1);
  return new Board(status, fleet.urn, {
    total: all.length,
    done: all.length - due.length,
    maxFailures: limits.maxFailures,
    width,
  });
}

async function rollThem(
  runtime: Runtime,
  run: Run,
  fleet: Fleet,
  all: HostRun[],
  { members, unsure }: LineUp,
  board: Board,
  ends: Map<string, HostEnd>,
): Promise<RollResult> {
  const byKey = new Map(all.map((host) => [host.key, host]));
  for (const { host, reason } of unsure) {
    const why = `${host.plan.target}: look: it was acted on by an earlier run of this roll, and cannot be looked at now: ${reason}`;
    ends.set(host.key, { ...untouched(host), reasons: [why] });
  }
  const { limits } = anyPlan(fleet).lock;
  const maxFailures = limits.maxFailures - unsure.length;
  if (maxFailures <= 0)
    return {
      endings: new Map(),
      stopped: `${unsure.length} can't be looked at`,
    };
  const rules = {
    ...{ ...limits, maxFailures },
    oneGroupAtATime: fleet.groups === "oneAtATime",
  };
  const work = async (member: Member, control: Control): Promise<Ending> => {
    const host = byKey.get(member.key)!;
    const { end, ending } = await oneHost(runtime, run, fleet, host, {
      ...{ board, control, canary: member.stage === "canary" },
    });
    ends.set(host.key, end);
    return ending;
  };
  const { roll } = runtime.heavy();
  return roll(members, rules, work, { signal: run.stop });
}

interface Circumstances {
  board: Board;
  control: Control;
  canary: boolean;
}

/** One host, from the dial to the release, as a `LockedAction` would do it. */
async function oneHost(
  runtime: Runtime,
  run: Run,
  fleet: Fleet,
  host: HostRun,
  { board, control, canary }: Circumstances,
): Promise<{ end: HostEnd; ending: Ending }> {
  const { key, plan, state } = host;
  const asked = canary ? asCanary(plan, fleet.canary?.minHealthy) : plan;
  board.begin(key);
  const tried = await attempt(runtime, run, asked, state, {
    signal: control.signal,
    turn: () => control.turn(),
    leaving: () => control.leaving(),
    report: (progress) => {
      if (progress.retrying) control.slow();
      board.step(key, plan.act, progress);
    },
    facts: { roll: true, ...(canary ? { canary } : {}) },
  });
  const ending = endingOf(tried);
  if (ending.kind === "done" || ending.kind === "failed")
    board.end(key, tried.outcome);
  else board.stopped(key);
  const end = { key, canary: canary && ending.kind === "done" };
  // who did not begin owes no more than before; but where its lock stands must not be lost
  const begun = ending.kind !== "stopped" && ending.kind !== "blocked";
  if (begun || tried.outcome.kept)
    return {
      ending,
      end: { ...end, state: tried.state, reasons: tried.reasons },
    };
  return { ending, end: { ...untouched(host), reasons: null } };
}

function endingOf({ outcome, reasons }: Attempt): Ending {
  if (outcome.ok) return { kind: "done", passed: outcome.verified };
  if (outcome.stopped) return { kind: "stopped" };
  const reason = reasons?.[0] ?? "failed";
  if (outcome.step === "lock" && !outcome.lock)
    return { kind: "blocked", reason };
  return { kind: "failed", kept: outcome.kept !== null, reason };
}

function untouched(host: HostRun): HostEnd {
  const { key, state } = host;
  return { key, state, canary: host.canary && isDone(host), reasons: null };
}

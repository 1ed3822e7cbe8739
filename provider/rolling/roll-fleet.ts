import { attempt, type Attempt } from "../attempt";
import type { Control, Ending, Member, RollResult } from "../../core/roll";
import { releaseKeptLock } from "../kept";
import type { Run, Runtime } from "../runtime";
import type { State } from "../state";
import { Board } from "./board";
import { asCanary, type Fleet } from "./fleet";
import { anyPlan } from "./earlier";
import { isDone, type HostRun } from "./known";
import { lineUp, type Due, type LineUp } from "./line-up";
import type { FleetState } from "./state";

/** What became of one host. */
export interface HostEnd {
  key: string;
  /** `null`: nothing is known of it. */
  state: State | null;
  canary: boolean;
  /** Why it failed; `null`: it did not. */
  reasons: string[] | null;
  /** It was to be taken in hand, and was not, or not to its end. */
  left?: boolean;
}

/** What became of the fleet. */
export interface FleetEnd {
  hosts: HostEnd[];
  /** Why not all were begun. */
  stopped: string | null;
  /** The lock's history has to know of the end. */
  locked: boolean;
  /** What that history has so far counts no more, and it does not know. */
  endUnrecorded: boolean;
}

/** Takes all in hand that are due: the lock decides who acts when, the scheduler who asks. */
export async function rollFleet(
  runtime: Runtime,
  run: Run,
  fleet: Fleet,
  all: HostRun[],
  options: { before: FleetState | null; endFirst: boolean },
): Promise<FleetEnd> {
  const line = await lineUp(runtime, fleet, all, options);
  for (const stray of line.strays)
    await releaseKeptLock(runtime, stray, "its host is of the fleet no more");
  const board = boardOf(runtime, fleet, all, line);
  const ends = new Map<string, HostEnd>();
  for (const { host, state, canary } of line.resumed) {
    board.found(host.key);
    ends.set(host.key, { key: host.key, state, canary, reasons: null });
  }
  try {
    const result = await rollThem(runtime, run, fleet, line, board, ends);
    const hosts = all.map(
      (host) => ends.get(host.key) ?? untouched(host, line.due.has(host.key)),
    );
    const { locked, endUnrecorded } = line;
    return { hosts, stopped: result.stopped, locked, endUnrecorded };
  } finally {
    board.close();
  }
}

function boardOf(
  { status }: Runtime,
  fleet: Fleet,
  all: HostRun[],
  { due, resumed, unsure }: LineUp,
): Board {
  const { limits } = anyPlan(fleet).lock;
  const width = limits.maxHolders * (limits.maxPerGroup ?? 1);
  return new Board(status, fleet.urn, {
    total: all.length,
    done: all.length - due.size - resumed.length - unsure.length,
    failed: unsure.length,
    maxFailures: limits.maxFailures,
    width,
  });
}

async function rollThem(
  runtime: Runtime,
  run: Run,
  fleet: Fleet,
  { members, due, unsure }: LineUp,
  board: Board,
  ends: Map<string, HostEnd>,
): Promise<RollResult> {
  for (const { host, reason } of unsure) {
    const why = `${host.plan.target}: look: it was acted on by an earlier run of this roll, and cannot be looked at now: ${reason}`;
    ends.set(host.key, { ...untouched(host, true), reasons: [why] });
  }
  const { limits } = anyPlan(fleet).lock;
  const rules = {
    ...limits,
    failed: unsure.length,
    oneGroupAtATime: fleet.groups === "oneAtATime",
  };
  const work = async (member: Member, control: Control): Promise<Ending> => {
    const one = due.get(member.key)!;
    const { end, ending } = await oneHost(runtime, run, fleet, one, {
      ...{ board, control, canary: member.canary ?? false },
    });
    ends.set(member.key, end);
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
  { host, state }: Due,
  { board, control, canary }: Circumstances,
): Promise<{ end: HostEnd; ending: Ending }> {
  const { key, plan } = host;
  const asked = canary ? asCanary(plan, fleet.canary?.minHealthy) : plan;
  const known = canary ? soakedAnew(state) : state;
  board.begin(key);
  const tried = await attempt(runtime, run, asked, known, {
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
  else return { ending, end: notBegun({ host, state }, tried, board) };
  const passed = canary && ending.kind === "done" && ending.passed;
  const { state: now, reasons } = tried;
  return { ending, end: { key, canary: passed, state: now, reasons } };
}

/** It owes no more than before, and for the same reason; but where its lock stands must not be lost. */
function notBegun({ host, state }: Due, tried: Attempt, board: Board): HostEnd {
  board.stopped(host.key);
  const end = untouched(host, true);
  const { kept, keptAuth } = tried.state;
  const before = host.state?.kept?.holder;
  if (kept?.holder === before) return end;
  if (!kept) {
    const isGone = state?.kept?.holder !== before;
    const { state: own } = host;
    return isGone
      ? {
          ...end,
          state: own && { ...own, kept: undefined, keptAuth: undefined },
        }
      : end;
  }
  // what was found at the fleet's own lock is found there again
  const found = state?.kept?.holder === kept.holder && !state.kept.path;
  if (found && before === undefined) return end;
  return {
    ...end,
    state: host.state
      ? {
          ...host.state,
          ...(keptAuth ? { keptAuth } : {}),
          // without a debt it would pass for one that nobody has a use for
          kept: host.state.failure ? kept : { ...kept, why: "stale" },
        }
      : tried.state,
  };
}

/** A canary shows its health for as long as a canary must, also where only its undrain was missing. */
function soakedAnew(state: State | null): State | null {
  if (state?.failure?.phase !== "verified") return state;
  return { ...state, failure: { ...state.failure, phase: "acted" } };
}

function endingOf({ outcome, reasons }: Attempt): Ending {
  if (outcome.ok) {
    const idle = ["notNeeded", "recorded"].includes(outcome.outcome);
    return { kind: "done", passed: outcome.verified, ...(idle && { idle }) };
  }
  if (outcome.stopped) return { kind: "stopped" };
  const reason = reasons?.[0] ?? "failed";
  if (outcome.step === "lock" && !outcome.lock)
    return { kind: "blocked", reason };
  return { kind: "failed", kept: outcome.kept !== null, reason };
}

function untouched(host: HostRun, left: boolean): HostEnd {
  const { key, state } = host;
  const canary = host.canary && isDone(host) && !left;
  return { key, state, canary, reasons: null, ...(left ? { left } : {}) };
}

import { compare, comparedByAge } from "../process/compare";
import type { Baseline } from "../lock/types";
import type { Verdict } from "../process/types";
import { baselineOf } from "./baseline";
import type { Context } from "./context";
import { decide, type Situation } from "./decide";
import { expectation, replaced, type Expectation } from "./expectation";
import type { Seen } from "./look";
import type { Tenure } from "./tenure";
import type { Act, LastRun } from "./types";

/** What is left to do once the lock is ours. */
export type Plan =
  | { kind: "act"; onlyIf: boolean; gate: boolean }
  /** It was done already, by us or by somebody else: only to be verified. */
  | { kind: "verify"; proof: Proof | null; why: string }
  | { kind: "undrain"; why: string };

/** What the processes must be, if it was done already. */
export interface Proof {
  before: Baseline;
  expected: Expectation;
}

/** Seconds that the ages of a lock and of a process may be wrong: roundings, and the clocks of two leaders of ZooKeeper. */
const AGE_MARGIN = 2;

/** What is known of the processes. */
export interface Looks {
  /** Before we began to wait. */
  first: Seen | null;
  /** Under the lock. */
  now: Seen | null;
  /** Seconds that the adopted holder has stood at least; null if there is none, or nobody knows. */
  lockAge: number | null;
}

/** Acts only if a restart is still owed. */
export function planUnderLock(
  context: Context,
  tenure: Tenure,
  last: LastRun,
  looks: Looks,
): Plan {
  const situation = situationOf(context, tenure, last, looks);
  const verdict = decide(situation);
  switch (verdict) {
    case "act":
    case "resume":
    case "repair":
      return {
        kind: "act",
        onlyIf: verdict !== "repair",
        gate: verdict === "act",
      };
    case "undrain":
      return { kind: "undrain", why: "it was verified before" };
    case "verify":
      return proofOf(context, last, looks, situation);
    default:
      throw new Error(`nothing to plan: ${verdict}`);
  }
}

function situationOf(
  { spec, journal }: Context,
  tenure: Tenure,
  last: LastRun,
  { first, now, lockAge }: Looks,
): Situation {
  const { act, debt, kept } = spec;
  const { adopted } = tenure;
  const left = adopted ? (kept ? "kept" : "stale") : debt ? "debt" : "nothing";
  return {
    perform: performOf(act),
    record: last.of,
    phase: last.phase,
    processes: processesOf(act, last, tenure, now, lockAge),
    left,
    running: false, // it was waited for
    begun: journal.begun,
    // An act that another run had begun may be what restarted it.
    meanwhile:
      isRestart(act) &&
      !(last.of === "other" && adopted?.acting) &&
      first !== null &&
      now !== null &&
      compare(baselineOf(first), now) === "restarted",
    always: false,
  };
}

/** In doubt nothing has restarted: a second restart does no harm, a missed one does. */
function processesOf(
  act: Act,
  last: LastRun,
  { adopted }: Tenure,
  now: Seen | null,
  lockAge: number | null,
): Situation["processes"] {
  if (!now) return "unwatched";
  switch (sinceLast()) {
    case "restarted":
      return "others";
    case "same":
      return "same";
    default:
      return "none";
  }
  function sinceLast(): Verdict {
    if (last.baseline) return compare(last.baseline, now!);
    const ofThis = adopted !== null && last.of === "this";
    if (ofThis && lockAge !== null && tellsByAge(act, last))
      return comparedByAge(lockAge, AGE_MARGIN, now!);
    return compare(baselineOf(now!), now!);
  }
}

/** Its run ended before it noted a baseline; where it had begun no act, only another's restart of the service, or of the host, counts. */
function tellsByAge(act: Act, { phase }: LastRun): boolean {
  if (isRestart(act)) return true;
  const restarts = act.kind === "command" || performOf(act) === "try-restart";
  return phase !== "owed" && restarts;
}

function proofOf(
  { spec }: Context,
  last: LastRun,
  { first, now }: Looks,
  { processes, meanwhile }: Situation,
): Plan {
  const { act } = spec;
  const kind = "verify";
  if (!now) return { kind, proof: null, why: "the action was done before" };
  const switches = ["start", "stop"].includes(performOf(act));
  if (!switches && processes === "others") {
    const before = last.baseline ?? { identities: [] };
    const why = last.baseline
      ? "already restarted since the earlier run"
      : "already restarted since the lock was taken";
    return { kind, proof: { before, expected: replaced(before) }, why };
  }
  if (meanwhile && first) {
    const before = baselineOf(first);
    const why = "restarted while we waited";
    return { kind, proof: { before, expected: replaced(before) }, why };
  }
  const before = last.baseline ?? baselineOf(now);
  const proof = { before, expected: expectation(act, before) };
  return { kind, proof, why: "the action was done before" };
}

function performOf(act: Act): Situation["perform"] {
  return act.kind === "service" ? act.perform : act.kind;
}

/** Whoever did it, it is done. */
function isRestart(act: Act): boolean {
  return ["restart", "reboot"].includes(performOf(act));
}

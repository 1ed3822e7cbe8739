import { compare, comparedByAge } from "../process/compare";
import type { Baseline } from "../lock/types";
import type { Context } from "./context";
import { baselineOf, type Seen } from "./look";
import type { Tenure } from "./tenure";
import { expectation } from "./expectation";

/** What is left to do once the lock is ours. */
export type Plan =
  | { kind: "act" }
  /** It was done already, by us or by somebody else: only to be verified. */
  | { kind: "verify"; baseline: Baseline | null; why: string }
  | { kind: "undrain"; why: string };

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

/**
 * Acts only if a restart is still owed. What happened before counts by
 * (a) the baseline in our own stale holder, or its age if it has none, and (b) the baseline of
 * the debt, both only for the same triggers and action, and (c) our first look, before we began
 * to wait, for a restart of a service.
 */
export function decide(
  context: Context,
  tenure: Tenure,
  { first, now, lockAge }: Looks,
): Plan {
  const { spec, journal } = context;
  if (journal.phase === "verified")
    return { kind: "undrain", why: "it was verified before" };
  const earlier = earlierBaseline(context, tenure);
  if (!now) {
    return journal.phase === "acted"
      ? { kind: "verify", baseline: null, why: "the action was done before" }
      : { kind: "act" };
  }
  if (earlier && doneSince(context, earlier, now))
    return {
      kind: "verify",
      baseline: earlier,
      why: "already restarted since the earlier run",
    };
  if (!earlier && youngerThanLock(context, tenure, now, lockAge))
    return {
      kind: "verify",
      baseline: { identities: [] },
      why: "already restarted since the lock was taken",
    };
  if (first && isServiceRestart(spec.act)) {
    const baseline = baselineOf(first);
    if (compare(baseline, now) === "restarted")
      return { kind: "verify", baseline, why: "restarted while we waited" };
  }
  return { kind: "act" };
}

/** The processes before what an earlier run of the same triggers and action did. */
export function earlierBaseline(
  { spec, journal }: Context,
  { adopted }: Tenure,
): Baseline | undefined {
  if (adopted?.baseline && adopted.runKey === spec.runKey)
    return adopted.baseline;
  return spec.debt?.runKey === spec.runKey ? journal.baseline : undefined;
}

function doneSince(context: Context, baseline: Baseline, now: Seen): boolean {
  const { spec, journal } = context;
  const perform = spec.act.kind === "service" ? spec.act.perform : "command";
  const verdict = compare(baseline, now);
  switch (perform) {
    case "restart":
    case "try-restart":
    case "command":
      return verdict === "restarted";
    case "reload":
    case "reload-or-restart":
      // a new process has read its configuration anew
      return verdict === "restarted" || wellAfterAct();
    case "start":
    case "stop":
      return wellAfterAct();
  }
  function wellAfterAct(): boolean {
    if (journal.phase !== "acted") return false;
    return expectation(spec.act, baseline).holds(now);
  }
}

/** For a holder whose run ended before it noted a baseline; where it had begun no act, only another's restart of the service counts. */
function youngerThanLock(
  { spec }: Context,
  { adopted }: Tenure,
  now: Seen,
  lockAge: number | null,
): boolean {
  if (!adopted || lockAge === null || adopted.runKey !== spec.runKey)
    return false;
  if (!isServiceRestart(spec.act) && !(adopted.acting && restarts(spec.act)))
    return false;
  return comparedByAge(lockAge, AGE_MARGIN, now) === "restarted";
}

function restarts(act: Context["spec"]["act"]): boolean {
  return act.kind === "command" || act.perform === "try-restart";
}

function isServiceRestart(act: Context["spec"]["act"]): boolean {
  return act.kind === "service" && act.perform === "restart";
}

import { isActive } from "./report";
import type { Ended, Identity, Sighting, Verdict } from "./types";

/**
 * Has it restarted since the baseline? Restarted: something runs, and nothing of the
 * baseline is left. A unit counts only while systemd calls it active and its main process
 * is there; one of type `oneshot` by its last run, if that one ended well.
 */
export function compare(
  baseline: { identities: Identity[]; invocationId?: string },
  now: Sighting,
): Verdict {
  if (now.kind === "unknown") return "unknown";
  if (now.loadState !== undefined) return "down";
  if (now.ended) return comparedRuns(baseline, now.ended);
  if (now.activeState !== undefined && !isActive(now.activeState))
    return "down";
  if (!now.identities.length) return "down";
  if (baseline.invocationId && now.invocationId)
    return baseline.invocationId === now.invocationId ? "same" : "restarted";
  const left = now.identities.some((id) => baseline.identities.includes(id));
  return left ? "same" : "restarted";
}

function comparedRuns(
  { invocationId: before }: { invocationId?: string },
  { result, invocationId: last }: Ended,
): Verdict {
  if (result !== "success" || last === undefined) return "down";
  return last === before ? "same" : "restarted";
}

/**
 * Has it restarted since a lock without a baseline was taken? Only if all its processes
 * are younger than the lock by more than the margin: a second restart does no harm, a
 * missed one does.
 * @param lockAge seconds, by the clock of the lock's own server
 * @param margin seconds that the two ages may be wrong
 */
export function comparedByAge(
  lockAge: number,
  margin: number,
  now: Sighting,
): Verdict {
  if (now.kind === "unknown") return "unknown";
  if (now.loadState !== undefined) return "down";
  if (now.activeState !== undefined && !isActive(now.activeState))
    return "down";
  if (!now.identities.length) return "down";
  return now.ages.every((age) => age + margin < lockAge) ? "restarted" : "same";
}

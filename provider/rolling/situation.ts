import type { Survey } from "../../core/action";
import type { HistoryRecord } from "../../core/lock/types";
import type { State } from "../state";
import type { HostSituation } from "./decide";
import { standing } from "../kept";
import { isGone, type Earlier } from "./earlier";
import type { HostRun } from "./known";

/** What is known of a host, before it is looked at and after. */
export function situationOf(
  { plan, state }: HostRun,
  earlier: Earlier,
  survey?: Survey,
): HostSituation {
  const { done } = earlier;
  const record = done.get(plan.target);
  const last = record ? record.runKey : state?.runKey;
  const stale = earlier.standing.some(
    ({ owner }) => owner.target === plan.target,
  );
  const { act } = plan;
  return {
    record:
      !record && !state ? "none" : last === plan.runKey ? "this" : "other",
    source: record && !knows(plan, state, record) ? "roll" : "state",
    processes: processesOf(record?.after ?? state?.processAfter, survey),
    left: leftOf(state, plan.lock.skip, stale, earlier),
    always: plan.always,
    switches: act.kind === "service" && ["start", "stop"].includes(act.perform),
  };
}

/** The state has learnt of it since: what is done is not looked at again. */
function knows(
  { always }: HostRun["plan"],
  state: State | null,
  { runKey }: HistoryRecord,
): boolean {
  return state?.runKey === runKey && !state?.failure && !always;
}

/** A lock that is kept without a debt is given back before the roll; one that is skipped is not touched. */
function leftOf(
  state: State | null,
  skip: boolean,
  stale: boolean,
  earlier: Earlier,
): HostSituation["left"] {
  const kept = standing(state);
  const used = state?.failure !== undefined || state?.kept?.why === "stale";
  if (used && kept && !skip && !isGone(earlier, kept)) return "kept";
  if (stale) return "stale";
  return state?.failure ? "debt" : "nothing";
}

/** What could not be seen is not down, and what nobody wrote down cannot be gone. */
function processesOf(
  recorded: HistoryRecord["after"] = [],
  survey: Survey | undefined,
): HostSituation["processes"] {
  if (!survey) return "unwatched";
  if (survey.kind === "unseen") return "unseen";
  const { identities: now, left } = survey;
  if (!now) return "unwatched";
  if (now.length > 0) {
    const known = recorded.filter((identity) => now.includes(identity));
    // a record may name some of many
    return known.length > 0 && known.length === recorded.length
      ? "same"
      : "others";
  }
  if (recorded.length === 0) return "same";
  if (!left) return "unseen";
  return left.length > 0 ? "mismatched" : "none";
}

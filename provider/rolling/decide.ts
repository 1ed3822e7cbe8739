/** What the table of docs/rolling.md asks for. */
export interface HostSituation {
  /** Whose the last run on it was: of the triggers and action that are wanted now, of others, or of nobody. */
  record: "this" | "other" | "none";
  /** Where that stands: in the state of a roll that has ended, or in the lock's history of one that has not. */
  source: "state" | "roll";
  /**
   * Compared with those that the last record names. `mismatched`: the pattern finds none, but they run;
   * `unwatched`: nobody looked, or there are none to look at; `unseen`: it could not be looked.
   */
  processes: "same" | "others" | "none" | "mismatched" | "unwatched" | "unseen";
  /** What is left of the last run: a debt alone, a lock that it kept, a lock that only ZooKeeper knows. */
  left: "nothing" | "debt" | "kept" | "stale";
  /** It is to act in every roll. */
  always: boolean;
  /** It is to be started or stopped: to be down is no fault. */
  switches: boolean;
}

/**
 * `skip`: it is not touched. `found`: not touched, an earlier run of this roll has done it. `unsure`: left alone, and
 * counts as failed. `ask`: the pattern is in question, and nothing begins anywhere. `holder`, `repair`, `turn`: it is taken in hand,
 * as one that holds the lock already, as a broken one, or in its turn.
 */
export type HostVerdict =
  "skip" | "found" | "unsure" | "ask" | "holder" | "repair" | "turn";

/** The one place that decides whether a roll takes a host in hand, and when: the table of docs/rolling.md. */
export function decideHost(situation: HostSituation): HostVerdict {
  const { record, source, processes, left, switches } = situation;
  if (left === "kept" || left === "stale") return "holder";
  if (source === "roll" && record === "this") {
    if (processes === "unseen") return "unsure";
    if (processes === "same" || processes === "unwatched") return "found";
  }
  if (!isDue(situation)) return "skip";
  if (processes === "mismatched") return "ask";
  if (left === "debt") return "repair";
  return processes === "none" && !switches ? "repair" : "turn";
}

/** By what is known without a look. */
export function isDue({
  record,
  source,
  left,
  always,
}: Pick<HostSituation, "record" | "source" | "left" | "always">): boolean {
  return record !== "this" || source === "roll" || left !== "nothing" || always;
}

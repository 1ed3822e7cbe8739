import type { Perform } from "./types";

/** What the table of docs/failures.md asks for. */
export interface Situation {
  /** What the act does to the processes. */
  perform: Perform | "command" | "reboot";
  /** Whose the last run was: of the triggers and action that are wanted now, of others, or of nobody. */
  record: "this" | "other" | "none";
  /** How far it had come; `done`: to its end. */
  phase: "done" | "owed" | "attempted" | "acted" | "verified";
  /**
   * Compared with those before the last run; for a reboot it is the boot that is compared. `unwatched`: none are given to look at;
   * `unseen`: the host cannot be reached, or does not tell.
   */
  processes: "same" | "others" | "none" | "unwatched" | "unseen";
  /** What is left of the last run: a debt in the state alone, a lock that it kept, a lock that only ZooKeeper knows. */
  left: "nothing" | "debt" | "kept" | "stale";
  /** The act of an earlier run has not ended, or may not have. */
  running: boolean;
  /** An act had begun under the lock that is left. */
  begun: boolean;
  /** Somebody restarted it while this run waited for the lock. */
  meanwhile: boolean;
  /** It is to act on every `up`. */
  always: boolean;
}

/**
 * `act`: ask `onlyIf` and the gate first. `resume`: act, but ask no gate, for the fleet may be red because of this very host.
 * `repair`: act, and ask neither: an act was begun here, and is owed whatever the host says.
 * `verify`: it was done before, only the proof is missing. `undrain`: only undrain is missing.
 * `refuse`: nothing is done, and what is kept stays. `skip`: no host is touched.
 */
export type Verdict =
  "act" | "resume" | "repair" | "verify" | "undrain" | "refuse" | "skip";

/** The one place that decides what becomes of a host: the table of docs/failures.md. */
export function decide(situation: Situation): Verdict {
  const { record, phase, processes, left, running, begun, always } = situation;
  if (record === "this" && phase === "done" && left === "nothing" && !always)
    return "skip";
  if (processes === "unseen" || running) return "refuse";
  if (record === "this" && phase === "verified") return "undrain";
  if (doneBefore(situation)) return "verify";
  if (left !== "kept" && left !== "stale") return "act";
  return begun ? "repair" : "resume";
}

function doneBefore(situation: Situation): boolean {
  const { record, phase, processes, perform, meanwhile } = situation;
  if (meanwhile) return true;
  if (record !== "this" || phase === "done") return false;
  if (processes === "unwatched") return phase === "acted";
  switch (perform) {
    case "restart":
    case "try-restart":
    case "command":
    case "reboot":
      return processes === "others";
    case "reload":
    case "reload-or-restart":
      // a new process has read its configuration anew
      return (
        processes === "others" || (processes === "same" && phase === "acted")
      );
    case "start":
      return phase === "acted" && processes !== "none";
    case "stop":
      return phase === "acted" && processes === "none";
  }
}

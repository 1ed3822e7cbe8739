import { compare } from "../process/compare";
import type { Baseline } from "../lock/types";
import type { Sighting } from "../process/types";
import type { Seen } from "./look";
import type { Act } from "./types";

/** What must be seen after an act: the table of each `perform`. */
export interface Expectation {
  /** For messages: `expected …`. */
  readonly text: string;
  holds(seen: Seen): boolean;
  /** What holds is shown by the processes; false: only by the word of the service manager. */
  shown(seen: Seen): boolean;
}

/**
 * @param said systemd itself said of this very unit that it was done. That counts for a
 * unit that runs once, where systemd has forgotten the run: nothing else can be seen of it.
 */
export function expectation(
  act: Act,
  before: Baseline,
  said = false,
): Expectation {
  const perform = act.kind === "service" ? act.perform : "restart";
  const ranBefore = before.identities.length > 0;
  switch (perform) {
    case "restart":
      return replaced(before, said);
    case "try-restart":
      return ranBefore ? replaced(before, said) : stillDown(before);
    case "reload":
      return byProcesses(
        "the same process as before",
        (seen) => compare(before, seen) === "same",
      );
    case "reload-or-restart":
    case "start":
      return byProcesses(
        "a running process",
        (seen) =>
          seen.ended
            ? compare(before, seen) === "restarted"
            : compare(before, seen) !== "down",
        said,
      );
    case "stop":
      return byProcesses("no process left", (seen) => !isUp(seen));
  }
}

/** Whether the processes alone can tell that an act was done, where nobody knows how it ended. */
export function lookTells(act: Act): boolean {
  const perform = act.kind === "service" ? act.perform : "restart";
  return perform !== "reload" && perform !== "reload-or-restart";
}

/** What was seen, for messages: `seen …`. */
export function describe(before: Baseline, seen: Sighting): string {
  if (seen.kind === "unknown") return `nothing for sure (${seen.reason})`;
  const unit = describeUnit(seen);
  if (!isUp(seen)) return `no process${unit}`;
  const old = seen.identities.filter((id) => before.identities.includes(id));
  const pids = (ids: string[]) => ids.map((id) => id.split("/")[1]).join(", ");
  if (old.length) return `the old process still there, pid ${pids(old)}${unit}`;
  return `pid ${pids(seen.identities)}${unit}`;
}

function describeUnit({
  activeState,
  loadState,
  deadMain,
  ended,
}: Seen): string {
  if (!activeState) return "";
  if (loadState) return ` (the unit is ${loadState}, ${activeState})`;
  if (deadMain)
    return ` (the unit is ${activeState}, but its main process ${deadMain} has died)`;
  if (!ended) return ` (the unit is ${activeState})`;
  const run = ended.invocationId
    ? `its last run ended with ${ended.result}`
    : "systemd knows of no run";
  return ` (the unit is ${activeState}, ${run})`;
}

export function isUp(seen: Seen): boolean {
  return seen.identities.length > 0;
}

/** New processes, and none of the old ones: what must be seen of whoever was restarted, whatever by. */
export function replaced(before: Baseline, said = false): Expectation {
  return byProcesses(
    before.identities.length
      ? "a new process, and none of the old ones"
      : "a running process",
    (seen) => compare(before, seen) === "restarted",
    said,
  );
}

function stillDown(before: Baseline): Expectation {
  return byProcesses(
    "no process, as before",
    (seen) => !isUp(seen) || compare(before, seen) === "down",
  );
}

function byProcesses(
  text: string,
  shown: (seen: Seen) => boolean,
  said = false,
): Expectation {
  return {
    text,
    shown,
    holds: (seen) => shown(seen) || (said && isForgotten(seen)),
  };
}

/** A unit that ran once, and well, as far as systemd still knows of it. */
function isForgotten({ loadState, ended }: Seen): boolean {
  return (
    loadState === undefined &&
    ended?.result === "success" &&
    ended.invocationId === undefined
  );
}

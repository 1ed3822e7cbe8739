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
}

export function expectation(act: Act, before: Baseline): Expectation {
  const perform = act.kind === "service" ? act.perform : "restart";
  const ranBefore =
    before.identities.length > 0 || before.invocationId !== undefined;
  switch (perform) {
    case "restart":
      return replaced(before);
    case "try-restart":
      return ranBefore ? replaced(before) : stillDown(before);
    case "reload":
      return {
        text: "the same process as before",
        holds: (seen) => compare(before, seen) === "same",
      };
    case "reload-or-restart":
    case "start":
      return { text: "a running process", holds: isUp };
    case "stop":
      return { text: "no process left", holds: (seen) => !isUp(seen) };
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
  const unit = seen.activeState ? ` (the unit is ${seen.activeState})` : "";
  if (!isUp(seen)) return `no process${unit}`;
  const old = seen.identities.filter((id) => before.identities.includes(id));
  const pids = (ids: string[]) => ids.map((id) => id.split("/")[1]).join(", ");
  if (old.length) return `the old process still there, pid ${pids(old)}${unit}`;
  return `pid ${pids(seen.identities)}${unit}`;
}

export function isUp(seen: Seen): boolean {
  return seen.identities.length > 0;
}

/** New processes, and none of the old ones: what must be seen of whoever was restarted, whatever by. */
export function replaced(before: Baseline): Expectation {
  return {
    text: before.identities.length
      ? "a new process, and none of the old ones"
      : "a running process",
    holds: (seen) => compare(before, seen) === "restarted",
  };
}

function stillDown(before: Baseline): Expectation {
  return {
    text: "no process, as before",
    holds: (seen) => compare(before, seen) === "down",
  };
}

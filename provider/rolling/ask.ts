import type { Survey } from "../../core/action";
import type { HistoryRecord } from "../../core/lock/types";
import type { ProcessSpec } from "../../core/process/types";
import type { Standing } from "../kept";
import type { HostSituation } from "./decide";
import { decideHost } from "./decide";
import type { HostRun } from "./known";

/** Hosts named in the question. */
const NAMED = 5;

/** A host, and all that is known of it. */
export interface Looked {
  host: HostRun;
  /** What an unfinished roll did last. */
  record: HistoryRecord | undefined;
  /** A lock of its own that nobody is at work under. */
  standing: Standing | undefined;
  survey: Survey | undefined;
  situation: HostSituation;
}

/** Whether the pattern finds the right processes is for people to say, before anything is touched. */
export class PatternInDoubt extends Error {
  constructor(
    message: string,
    readonly story: string[],
  ) {
    super(message);
    this.name = "PatternInDoubt";
  }
}

/** @throws PatternInDoubt where a pattern finds nothing, and that is no evidence that nothing runs */
export function askOfPattern(due: Looked[]): void {
  const asked = due.filter(({ situation }) => decideHost(situation) === "ask");
  if (asked[0]) throw runsStill(asked);
  if (due.length > 1 && due.every(isFirstAndEmpty)) throw findsNothing(due);
}

function runsStill(asked: Looked[]): PatternInDoubt {
  const hosts = asked.slice(0, NAMED).map(({ host, survey }) => {
    const left = survey?.kind === "seen" ? (survey.left ?? []) : [];
    const pids = left.map((identity) => identity.split("/")[1]);
    return `${host.key} (pid ${pids.join(", ")})`;
  });
  const more = asked.length - hosts.length;
  return new PatternInDoubt(
    `${pattern(asked[0]!)} matches no process, but those of the last run are still there: ${hosts.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
    [
      "a pattern with a mistake in it would take every healthy host for a broken one",
      "correct `process`; or end these processes, if they are not the service's any more",
    ],
  );
}

/** Nothing is known of it, and nothing was found: a unit is known to systemd by its name, and needs no guess. */
function isFirstAndEmpty({ host, survey, situation }: Looked): boolean {
  const { process } = host.plan;
  if (!process || "unit" in process || situation.switches) return false;
  if (situation.record !== "none" || situation.left !== "nothing") return false;
  return survey?.kind === "seen" && survey.identities?.length === 0;
}

function findsNothing(due: Looked[]): PatternInDoubt {
  return new PatternInDoubt(
    `${pattern(due[0]!)} matches no process on any of ${due.length} hosts, and nothing is known of them yet`,
    [
      "a pattern with a mistake in it could prove no restart",
      'correct `process`; or, if the service does run nowhere yet, start it on one of them, or let the first `pulumi up` only look: onCreate: "record"',
    ],
  );
}

function pattern({ host }: Looked): string {
  const process: ProcessSpec | null = host.plan.process;
  if (!process || "unit" in process || "boot" in process)
    return `the unit of ${host.plan.subject}`;
  if ("pidFile" in process) return `the pid file ${process.pidFile}`;
  const { commandString, user } = process;
  const words = commandString === undefined ? "" : ` ${commandString}`;
  return `the pattern${words}${user === undefined ? "" : ` of user ${user}`}`;
}

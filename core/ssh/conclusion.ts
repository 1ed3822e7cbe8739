import type { MarkedOutput } from "./marked-output";
import { PROMPT, READY, TIMED_OUT } from "./program";
import type { Ending, RunResult } from "./types";

/** An exit code, a signal's name, or null: the host named neither. */
export type Exit = number | string | null;

export interface Evidence {
  /** What the host said of the end; null if it said nothing. */
  exit: Exit;
  stdout: MarkedOutput;
  stderr: MarkedOutput;
  /** Seconds that the host grants. */
  limit: number;
  /** Seconds since it was asked. */
  elapsed: number;
  /** Why the end is not known, if it is not. */
  lost: string | null;
  /** Whether the program was sent at all. */
  sent: boolean;
}

export function conclude(evidence: Evidence): RunResult {
  const { stdout, stderr } = evidence;
  const ending = endingOf(evidence);
  const begun = stdout.seen.has("go");
  // a lost link may have lost the word that it has begun
  const certain = ending.kind !== "unknown" || !evidence.sent;
  if (begun || !certain) return { ...ending, ...outputs(evidence) };
  const said = stderr.seen.has("at")
    ? outputs(evidence)
    : preliminaries(evidence);
  return { ...ending, ...said, started: false };
}

function endingOf({ exit, stdout, limit, elapsed, lost }: Evidence): Ending {
  // the script's own last word is true even if the link is cut right after it
  const own = stdout.seen.get("end");
  if (own !== undefined) return { kind: "exit", code: Number(own) };
  if (exit === null)
    return {
      kind: "unknown",
      reason: lost ?? "the host closed the channel without an exit",
    };
  const killed = typeof exit === "string" || exit > 128;
  const late = elapsed >= limit && stdout.seen.has("at");
  if (exit === TIMED_OUT || (killed && late))
    return { kind: "timeout", seconds: limit };
  if (typeof exit === "string") return { kind: "signal", signal: exit };
  return { kind: "exit", code: exit };
}

function outputs({ stdout, stderr }: Evidence) {
  return { stdout: stdout.body.toString(), stderr: stderr.body.toString() };
}

/** What the login shell or `sudo` said, when that was all. */
function preliminaries({ stdout, stderr }: Evidence) {
  return {
    stdout: stdout.noise.toString().replace(`${READY}\n`, ""),
    stderr: stderr.noise.toString().replaceAll(PROMPT, ""),
  };
}

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

/**
 * The script's own last word, with the token of its run, says how it ended or that it was refused. What was never sent
 * never begins. All else is unknown: a server's exit alone says nothing of our script but that a signal killed its shell.
 */
export function conclude(evidence: Evidence): RunResult {
  const { stdout, stderr, limit, sent } = evidence;
  const end = stdout.seen.get("end");
  if (end !== undefined)
    return { ...lastWord(end, limit), ...outputs(evidence) };
  const refused = stdout.seen.get("refused");
  if (refused !== undefined)
    return {
      ...lastWord(refused, limit),
      ...outputs(evidence),
      started: false,
    };
  if (!sent)
    return { ...unsent(evidence), ...preliminaries(evidence), started: false };
  const begun = stdout.seen.has("go");
  const ending = (begun && killed(evidence)) || unknown(evidence);
  // what was said before the script was there is of interest if nothing else was
  const said = stderr.seen.has("at") || begun ? outputs : preliminaries;
  const started = begun && ending.kind === "unknown" ? { started: true } : {};
  return { ...ending, ...said(evidence), ...started };
}

function lastWord(word: string, limit: number): Ending {
  if (word === "timeout") return { kind: "timeout", seconds: limit };
  if (word === "TERM") return { kind: "signal", signal: "SIGTERM" };
  return { kind: "exit", code: Number(word) };
}

/** The body had begun, and its shell was killed: it can have no last word. */
function killed({ exit, limit, elapsed }: Evidence): Ending | null {
  const late = elapsed >= limit;
  const signal = typeof exit === "string";
  if (late && (signal || exit === TIMED_OUT || (exit ?? 0) > 128))
    return { kind: "timeout", seconds: limit };
  return signal ? { kind: "signal", signal: exit } : null;
}

function unsent({ exit, lost }: Evidence): Ending {
  if (typeof exit === "number") return { kind: "exit", code: exit };
  if (typeof exit === "string") return { kind: "signal", signal: exit };
  return {
    kind: "unknown",
    reason: lost ?? "the host closed the channel and ran no shell",
  };
}

function unknown({ exit, lost }: Evidence): Ending {
  const how = exit === null ? "without an exit" : `(exit ${exit})`;
  return {
    kind: "unknown",
    reason:
      exit === null && lost
        ? lost
        : `the host closed the channel ${how} before the script's own last word`,
  };
}

function outputs({ stdout, stderr }: Evidence) {
  return { stdout: stdout.body.toString(), stderr: stderr.body.toString() };
}

/** What the login shell or `sudo` said, when that was all. */
function preliminaries({ stdout, stderr }: Evidence) {
  return {
    stdout: stdout.noise.toString().replace(`\n${READY}\n`, ""),
    stderr: stderr.noise.toString().replaceAll(PROMPT, ""),
  };
}

import { constants } from "node:os";
import type { HolderFailure } from "../lock/types";
import type { RunResult } from "../ssh/types";
import { lastLines } from "../text/lines";
import type { Redactor } from "../text/redact";
import type { ActionSpec, Step } from "./types";

interface StepFacts {
  /** Further lines for people. */
  story?: string[];
  exit?: number;
  /** Never repeated where it could be told to other users of the lock: a short class of the reason. */
  summary?: string;
  cause?: unknown;
}

/** A step that failed, and what is known of it. */
export class StepFailure extends Error {
  readonly story: string[];
  readonly exit: number | undefined;
  readonly summary: string;

  constructor(
    readonly step: Step,
    problem: string,
    facts: StepFacts = {},
  ) {
    super(problem, { cause: facts.cause });
    this.name = "StepFailure";
    this.story = facts.story ?? [];
    this.exit = facts.exit;
    this.summary = facts.summary ?? problem;
  }
}

/** Nothing new may be begun: the program has ended, or its end was asked for. */
export class Stopped extends StepFailure {
  constructor(step: Step, reason: unknown) {
    const why = reason instanceof Error ? reason.message : "it was stopped";
    super(step, `stopped before anything was done: ${why}`);
    this.name = "Stopped";
  }
}

/** The command itself ended, and well: an exit 0 of something else that the host ran is no success. */
export function endedWell(result: RunResult): boolean {
  return exitOfItself(result) === 0;
}

/** The exit of the command itself; none if it was not begun, or did not end by an exit. */
export function exitOfItself(result: RunResult): number | undefined {
  if (result.started === false || result.kind !== "exit") return undefined;
  return result.code;
}

/** How a command ended, or that it was not begun at all. */
export function fate(result: RunResult): string {
  if (result.started !== false) return ending(result);
  return result.kind === "unknown"
    ? `it was not begun: ${ending(result)}`
    : `the host did not begin it, and answered ${ending(result)}`;
}

/** How a command ended, in words: `exit 3`, `ended by SIGKILL`, `not done after 300 s`. */
export function ending(result: RunResult): string {
  switch (result.kind) {
    case "exit":
      return `exit ${result.code}`;
    case "signal":
      return `ended by ${result.signal}`;
    case "timeout":
      return `not done after ${result.seconds} s, ended`;
    case "unknown":
      return `the connection was lost (${result.reason})`;
  }
}

/** The exit code as a shell tells it; none if nobody knows how it ended. */
export function exitOf(result: RunResult): number | undefined {
  switch (result.kind) {
    case "exit":
      return result.code;
    case "signal":
      return 128 + (signalNumber(result.signal) ?? 0);
    case "timeout":
      return 124;
    case "unknown":
      return undefined;
  }
}

function signalNumber(signal: string): number | undefined {
  const numbers: Partial<Record<string, number>> = constants.signals;
  return numbers[signal] ?? numbers[`SIG${signal}`];
}

interface Quoting {
  spec: Pick<ActionSpec, "show">;
  redact: Redactor;
}

/**
 * What the command printed last, as far as `logging` allows it to be seen; what the host said
 * where the command was not begun is not the command's. Secrets are taken out before anything is cut.
 */
export function printed(
  { spec, redact }: Quoting,
  output: RunResult,
): string[] {
  const all = { stdout: true, stderr: true };
  const show = output.started === false ? all : spec.show;
  const quote = (name: string, text: string) =>
    lastLines(redact(text)).map((line) => `${name}: ${line}`);
  const lines = [
    ...(show.stderr ? quote("stderr", output.stderr) : []),
    ...(show.stdout ? quote("stdout", output.stdout) : []),
  ];
  if (lines.length || (!output.stderr.trim() && !output.stdout.trim()))
    return lines;
  return show.stderr && show.stdout
    ? []
    : ['what it printed is not shown: `logging: "stderr"` allows it'];
}

/** What the holder's record tells others: never command text or output. */
export function holderFailure(
  failure: StepFailure,
  run: string,
  at: Date,
): HolderFailure {
  return {
    step: failure.step,
    ...(failure.exit === undefined ? {} : { exit: failure.exit }),
    reason: failure.summary,
    at: at.toISOString(),
    run,
  };
}

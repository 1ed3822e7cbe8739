import { constants } from "node:os";
import type { HolderFailure } from "../lock/types";
import type { Output, RunResult } from "../ssh/types";
import { lastLines } from "../text/lines";
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

/** What the command printed last, as far as `logging` allows it to be seen. */
export function printed(show: ActionSpec["show"], output: Output): string[] {
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

function quote(name: string, text: string): string[] {
  return lastLines(text).map((line) => `${name}: ${line}`);
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

import { middleOut } from "../text/lines";
import type { Context } from "./context";
import { Stopped, type StepFailure } from "./failure";
import { nextSteps } from "./next-steps";
import type { Done } from "./perform";
import type {
  ActionFailure,
  ActionSuccess,
  Check,
  KeptLock,
  LockFacts,
} from "./types";

/** Longest text of each output, in characters. */
const OUTPUT = 66_000;

export function succeeded(
  context: Context,
  done: { outcome: ActionSuccess["outcome"]; verifiedBy: Done["verifiedBy"] },
  kept: KeptLock | null,
  inDoubt: boolean,
): ActionSuccess {
  const { verifiedBy } = done;
  return {
    ok: true,
    outcome: done.outcome,
    verified: provesSomething(verifiedBy),
    verifiedBy,
    kept,
    inDoubt,
    ...common(context),
  };
}

/** An exit code alone proves nothing. */
export function provesSomething(verifiedBy: Check[]): boolean {
  return verifiedBy.some((by) => by !== "exitCode");
}

export function failed(
  context: Context,
  failure: StepFailure,
  kept: KeptLock | null,
): ActionFailure {
  const { spec, journal, redact } = context;
  const first = `${spec.owner.target}: ${failure.step}: ${failure.message}`;
  const next = nextSteps(context, kept, failure instanceof Stopped);
  return {
    ok: false,
    step: failure.step,
    reasons: [first, ...failure.story, ...next].map(redact),
    debt: {
      phase: journal.phase,
      step: failure.step,
      runKey: spec.runKey,
      drained: journal.drained,
      ...(journal.baseline ? { baseline: journal.baseline } : {}),
      ...(journal.phase === "verified" && journal.verifiedBy
        ? { verifiedBy: journal.verifiedBy }
        : {}),
      ...(journal.act === undefined ? {} : { act: journal.act }),
    },
    kept,
    touched: journal.touched,
    stopped: failure instanceof Stopped,
    ...common(context),
  };
}

function common(context: Context) {
  const { journal, deps, redact, startedAt, warnings } = context;
  const { lock, exitCode, output, before, after } = journal;
  return {
    ...(lock ? { lock: lock satisfies LockFacts } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(output
      ? {
          stdout: middleOut(redact(output.stdout), OUTPUT),
          stderr: middleOut(redact(output.stderr), OUTPUT),
        }
      : {}),
    ...(before ? { before } : {}),
    ...(after ? { after } : {}),
    startedAt: startedAt.toISOString(),
    finishedAt: deps.clock.date().toISOString(),
    warnings: warnings.map(redact),
  };
}

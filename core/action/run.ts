import { LockError, LockInDoubt, LockLost } from "../lock/errors";
import { isComparable, taken } from "./baseline";
import { openContext, type Context } from "./context";
import { dial } from "./dial";
import { StepFailure } from "./failure";
import { lock } from "./lock";
import { greet, look, watched, type Seen } from "./look";
import { failed, succeeded } from "./outcome";
import { LockGone, perform, undrainAfter } from "./perform";
import { release, settle } from "./settle";
import type { Tenure } from "./tenure";
import type {
  ActionDeps,
  ActionOutcome,
  ActionSpec,
  KeptLock,
  Step,
} from "./types";
import type { ProcessSpec } from "../process/types";

/**
 * One locked action, from the dial to the release. It never rejects for what happens
 * on the way: what was done, what is owed and where a lock still stands is in the outcome.
 */
export async function runAction(
  spec: ActionSpec,
  deps: ActionDeps,
): Promise<ActionOutcome> {
  const context = openContext(spec, deps);
  try {
    await dial(context);
    context.say("look", "looking at the processes");
    const process = await watched(context);
    if (!process && spec.act.kind === "command") await greet(context);
    const first = await look(context, process);
    note(context, process, first);
    if (spec.mode === "record") return recorded(context, first);
    return await locked(context, process, first);
  } catch (error) {
    const failure = asFailure(error, "look");
    return failed(context, failure, standing(error) ?? spec.kept);
  } finally {
    context.link.close();
  }
}

/** The part that needs the lock. */
async function locked(
  context: Context,
  process: ProcessSpec | null,
  first: Seen | null,
): Promise<ActionOutcome> {
  const { tenure, close } = await lock(context);
  try {
    return await underLock(context, tenure, process, first);
  } finally {
    await close();
  }
}

async function underLock(
  context: Context,
  tenure: Tenure,
  process: ProcessSpec | null,
  first: Seen | null,
): Promise<ActionOutcome> {
  let done;
  try {
    done = await perform(context, tenure, process, first);
  } catch (error) {
    const failure = asFailure(error, "act");
    await undrainAfter(context, failure);
    const kept = await settle(context, tenure, failure);
    const skipped = context.spec.lock.skip;
    return failed(context, failure, skipped ? context.spec.kept : kept);
  }
  const { lock: spec } = context.spec;
  const doubtful = await release(context, tenure, done);
  // without a lock, one that was kept earlier stays as it is
  if (spec.skip)
    return succeeded(
      context,
      done.outcome === "notNeeded" ? done : { ...done, outcome: "skippedLock" },
      context.spec.kept,
      false,
    );
  return succeeded(context, done, doubtful, doubtful !== null);
}

function recorded(context: Context, seen: Seen | null): ActionOutcome {
  if (seen) context.journal.after = seen.identities;
  const done = { outcome: "recorded" as const, verifiedBy: [] };
  return succeeded(context, done, context.spec.kept, false);
}

/** The baseline of a debt, should this attempt come to nothing; an earlier one for the same is better. */
function note(
  { journal }: Context,
  process: ProcessSpec | null,
  first: Seen | null,
): void {
  if (journal.baseline && !isComparable(journal.baseline, process))
    delete journal.baseline;
  if (process && first) journal.baseline ??= taken(process, first);
}

/** Where an acquire that ended in doubt may have left a holder. */
function standing(error: unknown): KeptLock | null {
  const cause = error instanceof StepFailure ? error.cause : error;
  if (!(cause instanceof LockInDoubt)) return null;
  const [, lock, holder] =
    /^(.+)\/holders\/[^/]+\/([^/]+)$/.exec(cause.path) ?? [];
  return lock && holder ? { lock, holder } : null;
}

function asFailure(error: unknown, step: Step): StepFailure {
  if (error instanceof StepFailure) return error;
  if (error instanceof LockError) {
    const Kind = error instanceof LockLost ? LockGone : StepFailure;
    return new Kind("lock", error.message, {
      story: [...error.story],
      cause: error,
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new StepFailure(step, message, { cause: error });
}

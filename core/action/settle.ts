import { LockInDoubt, LockLost } from "../lock/errors";
import type { HistoryEntry } from "../lock/types";
import type { Context } from "./context";
import { holderFailure, StepFailure } from "./failure";
import { provesSomething } from "./outcome";
import { LockGone, type Done } from "./perform";
import type { Tenure } from "./tenure";
import type { KeptLock } from "./types";

/** Gives the lock back after success. Whatever goes wrong now, the action is done: it can only be a warning. */
export async function release(
  context: Context,
  tenure: Tenure,
  done: Done,
): Promise<KeptLock | null> {
  context.say("release", "releasing the lock");
  try {
    if (context.deps.halt.aborted) {
      // The engine may hear of this success or not: until it has, its next run is to find what was done.
      await tenure.abandon();
      const where = tenure.where();
      if (where)
        context.warnings.push(
          `the provider was told to end before the lock ${where.lock} was released: the next \`pulumi up\` releases it`,
        );
      return where;
    } else {
      const released = tenure.release({
        ...entry(context, done.outcome),
        verified: provesSomething(done.verifiedBy),
      });
      context.deps.leaving?.();
      const { lostMirror } = await released;
      if (lostMirror)
        context.warnings.push(
          `the Chef lock ${lostMirror} was not ours any more when the lock was released: somebody deleted it, and Chef may have acted meanwhile`,
        );
    }
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof LockLost) {
      context.warnings.push(`the lock was lost before its release: ${why}`);
      return null;
    }
    const path = tenure.where()?.lock ?? "";
    context.warnings.push(
      `it is in doubt whether the lock ${path} was released: ${why}`,
    );
    return tenure.where();
  } finally {
    const facts = tenure.facts();
    if (facts) context.journal.lock = facts;
  }
}

/**
 * What becomes of the lock after a failure: kept where anything may have been done
 * on the host, else given back. Returns where it still stands.
 */
export async function settle(
  context: Context,
  tenure: Tenure,
  failure: StepFailure,
): Promise<KeptLock | null> {
  const { journal, deps } = context;
  const facts = tenure.facts();
  if (facts) journal.lock = facts;
  if (failure instanceof LockGone) return null;
  const said = {
    ...entry(context, "failed"),
    step: failure.step,
    ...(failure.exit === undefined ? {} : { exit: failure.exit }),
    reason: context.redact(failure.summary),
  };
  try {
    if (deps.halt.aborted && journal.touched) {
      // nobody hears of this failure: the next run finds out what really happened
      await tenure.abandon();
      return tenure.where();
    }
    if (!journal.keep) {
      await tenure.release(said);
      return null;
    }
    const why = holderFailure(failure, context.runId, deps.clock.date());
    await tenure.fail({ ...why, reason: context.redact(why.reason) }, said);
    return tenure.where();
  } catch (error) {
    if (error instanceof LockLost) {
      failure.story.push(`the lock was lost meanwhile: ${error.message}`);
      return null;
    }
    const why = error instanceof Error ? error.message : String(error);
    failure.story.push(
      journal.keep
        ? `the lock stays, but could not be marked as failed: ${why}`
        : `it is in doubt whether the lock was released: ${why}`,
      ...(error instanceof LockInDoubt ? error.story : []),
    );
    return tenure.where();
  }
}

function entry(context: Context, kind: HistoryEntry["kind"]): HistoryEntry {
  const { journal, spec } = context;
  return {
    kind,
    runKey: spec.runKey,
    ...(journal.lock ? { waited: journal.lock.waited } : {}),
    ...(journal.before ? { before: journal.before } : {}),
    ...(journal.after ? { after: journal.after } : {}),
    ...(journal.exitCode === undefined ? {} : { exit: journal.exitCode }),
  };
}

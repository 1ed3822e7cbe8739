import type { Session } from "../../zookeeper/session";
import { LockCancelled, LockRefused } from "../errors";
import { HeldLock } from "../holder/held";
import { unreachable } from "../tree/refusal";
import { Unsettled, within } from "../tree/settle";
import type { Held, LockRequest } from "../types";
import { NewSession } from "./asking";
import { Attempt } from "./attempt";
import { evaluate } from "./evaluate";
import { fast } from "./fast";
import { giveUp } from "./give-up";
import { handOver } from "./hand-over";
import { describeLimitsProblem } from "../limits";
import { Expired } from "./patience";
import { list, place, queue, type Look } from "./queue";
import { report, timeoutError } from "./report";
import { resolve } from "./resolve";
import type { Grant, Step } from "./step";
import { lastLook, wait } from "./wait";

/**
 * Takes the lock, or says why not. A stale or failed holder of the same owner
 * is adopted. Whatever the outcome, nothing of ours is left in ZooKeeper but
 * the holder of a lock that was got.
 * @throws LockTimeout, LockBlocked, LockOnHold, LockCancelled, LimitsDisagree,
 *   LockDataChanged, LockRefused, LockUnavailable, LockInDoubt
 */
export async function acquire(
  session: Session,
  request: LockRequest,
): Promise<Held> {
  const problem = describeLimitsProblem(request.limits);
  if (problem) throw new LockRefused(`lock ${request.name}: ${problem}`);
  const attempt = new Attempt(session, request);
  attempt.offer = (holder) => handOver(attempt, holder);
  try {
    const grant = await run(attempt);
    session.unwatch(attempt.watcher);
    attempt.view.displaced(attempt);
    attempt.view.waited(attempt.waited);
    return new HeldLock(attempt, grant);
  } catch (error) {
    const told = await explain(attempt, error);
    try {
      await giveUp(attempt, told);
    } finally {
      session.unwatch(attempt.watcher);
      attempt.leave();
    }
    throw told;
  }
}

async function run(attempt: Attempt): Promise<Grant> {
  let step: Step = "FAST";
  for (;;) {
    try {
      attempt.patience.checkCancelled();
      await lastLook(attempt);
      step = await next(attempt, step);
    } catch (error) {
      if (!(error instanceof NewSession)) throw error;
      const grant = await renew(attempt);
      step = grant ? { grant } : "FAST";
    }
    if (typeof step === "object") return step.grant;
  }
}

async function next(
  attempt: Attempt,
  step: Exclude<Step, object>,
): Promise<Step> {
  switch (step) {
    case "FAST":
      return fast(attempt);
    case "QUEUE": {
      const seen = await queue(attempt);
      return isLook(seen) ? placed(attempt, seen) : seen;
    }
    case "LIST":
      return placed(attempt, await list(attempt));
    case "EVAL":
      return evaluate(attempt);
    case "WAIT":
      return wait(attempt);
  }
}

/** The first goes on with the slots that were read with the queue, if they were. */
async function placed(attempt: Attempt, seen: Look): Promise<Step> {
  const at = await place(attempt, seen);
  if (typeof at === "object" && "first" in at)
    return evaluate(attempt, at.first?.slots);
  return at;
}

function isLook(seen: Step | Look): seen is Look {
  return typeof seen === "object" && "waiters" in seen;
}

/** Another session while acquiring: what was begun is settled first, then from the start, at the back of the queue. */
async function renew(attempt: Attempt): Promise<Grant | null> {
  const { patience } = attempt;
  try {
    const grant = await resolve(
      attempt,
      within(attempt.session, patience.left() / 1000, patience.signal),
    );
    if (grant) return grant;
  } catch (error) {
    if (!(error instanceof Unsettled)) throw error;
    patience.check();
    attempt.checkOpen();
    return renew(attempt);
  }
  attempt.restart();
  return null;
}

/** The error as the caller gets it; told before our waiter is gone. */
async function explain(attempt: Attempt, error: unknown): Promise<unknown> {
  const { session, request } = attempt;
  if (error instanceof Expired || error instanceof Unsettled) {
    if (session.state !== "connected" || error instanceof Unsettled)
      return unreachable(session, session.reason, `lock ${request.name}: `);
    return timeoutError(attempt, await report(attempt));
  }
  if (error instanceof LockCancelled)
    return new LockCancelled(
      `lock ${request.name}: stopped waiting: ${error.message}`,
    );
  return error;
}

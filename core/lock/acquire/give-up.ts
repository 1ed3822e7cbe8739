import { clearCommand, lockedAction } from "../../text/command";
import { placeOf } from "../describe";
import {
  LockCancelled,
  LockInDoubt,
  LockLost,
  type LockError,
} from "../errors";
import { HeldLock } from "../holder/held";
import { removeHolder } from "../holder/remove-holder";
import { Unsettled, within, type Until } from "../tree/settle";
import type { Attempt } from "./attempt";
import { resolve } from "./resolve";
import type { Grant } from "./step";

/** Seconds for tidying up after a wait that ended, and after one that was cancelled: then the process is about to end. */
const GIVE_UP = 10;
const GIVE_UP_CANCELLED = 2.5;
/** Seconds of each try after that. */
const AFTERWARDS = 60;

/**
 * Takes away what is left of an attempt that ended without the lock.
 * @throws LockInDoubt if a holder of ours may have been left
 */
export async function giveUp(attempt: Attempt, why: unknown): Promise<void> {
  const { request, doubt } = attempt;
  if (!attempt.queued && !doubt) return;
  const seconds = why instanceof LockCancelled ? GIVE_UP_CANCELLED : GIVE_UP;
  try {
    await tidyUp(attempt, within(attempt.session, seconds));
  } catch (error) {
    if (!(error instanceof Unsettled)) throw error;
    void afterwards(attempt);
    if (!doubt) return;
    const { path } = doubt;
    const id = path.split("/").at(-1)!;
    const place = placeOf(attempt.session, attempt.paths.lock);
    throw new LockInDoubt(
      `${(why as LockError).message}; and ZooKeeper did not say whether the lock was got: ${path}`,
      [
        `see it: ${lockedAction(place, "show", request.name)}`,
        `if it is there and stale, clear it: ${clearCommand(place, request.name, id)}`,
      ],
      path,
    );
  }
}

async function tidyUp(attempt: Attempt, until: Until): Promise<void> {
  const grant = await resolve(attempt, until);
  if (grant) await putBack(attempt, grant, until);
}

/**
 * What could not be done in time is done once ZooKeeper can be reached again,
 * for as long as somebody uses the session: with it goes the waiter, but not
 * before, and would block the queue.
 */
async function afterwards(attempt: Attempt): Promise<void> {
  const { session } = attempt;
  while (session.state === "connected" || session.state === "suspended")
    try {
      return await tidyUp(attempt, within(session, AFTERWARDS));
    } catch (error) {
      if (error instanceof Unsettled || error instanceof LockInDoubt) continue;
      return; // refused: nobody is there to be told
    }
}

/**
 * A grant that came too late. One that adopted goes back to what it was: a kept
 * lock is never freed by giving up. Cleared or adopted meanwhile: nothing of ours is left.
 */
async function putBack(
  attempt: Attempt,
  grant: Grant,
  until: Until,
): Promise<void> {
  const { session, paths } = attempt;
  const { slot, adopted, record } = grant;
  if (adopted) {
    const held = new HeldLock(attempt, grant);
    const { failure } = adopted;
    try {
      await (failure ? held.fail(failure) : held.abandon());
    } catch (error) {
      if (!(error instanceof LockLost)) throw error;
    }
    return;
  }
  const id = grant.path.split("/").at(-1)!;
  const mirror = record.mirror ?? null;
  const holder = { paths, slot, id, lives: [], mirror };
  await removeHolder(session, holder, until, null);
}

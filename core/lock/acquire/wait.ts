import { readHolders } from "../tree/read-holders";
import type { Attempt } from "./attempt";
import { evaluate } from "./evaluate";
import { Expired } from "./patience";
import { chefHolder, report } from "./report";
import type { Step } from "./step";
import { take } from "./take";

/** Milliseconds of a wait that nobody needs to hear of. */
const MOMENT = 250;

/** WAIT: until something watched changes, the session ends, or it is time to look again. */
export async function wait(attempt: Attempt): Promise<Step> {
  const { attention, view, session, patience } = attempt;
  patience.mustWait();
  const leader = view.leader();
  attempt.waited ||= leader === null || leader === attempt;
  await tell(attempt);
  if (!attention.dirty && !attention.passed)
    await slept(attempt, patience.left());
  const { passed } = attention;
  attention.passed = null;
  if (passed) return passed;
  patience.checkCancelled();
  attempt.sameSession();
  await lastLook(attempt);
  if (!attention.dirty && session.system.now() < attention.graceEnds)
    return "LIST"; // the safety re-check
  if (!attempt.place.first) return succeed(attempt);
  const gone = attention.vanished.find((path) => attention.shortcuts.has(path));
  if (gone === undefined || attempt.lock?.hold) return "EVAL";
  const slot = attention.shortcuts.get(gone)!;
  attention.look();
  // of a crash it tells too: then the slot is not free, and all is looked at
  return take(attempt, { slot, empty: false });
}

/** To tell of a wait, all holders are read: not for one that is over in a moment. */
async function tell(attempt: Attempt): Promise<void> {
  const { attention, patience, request } = attempt;
  const { onWait, retryInterval } = request;
  if (!onWait || attention.dirty) return;
  const moment = retryInterval > 0 ? retryInterval * 100 : MOMENT;
  await slept(attempt, Math.min(MOMENT, moment));
  if (attention.dirty || attention.passed) return;
  if (patience.signal?.aborted) return;
  if (attempt.isCurrent()) onWait(await report(attempt));
}

/** The waiter before is gone. If it was of this process and has the lock now, this one is first (HEIR-NEXT). */
async function succeed(attempt: Attempt): Promise<Step> {
  const { view, place, attention } = attempt;
  const { ahead } = place;
  if (!ahead || !attention.vanished.includes(attempt.waiterPath(ahead)))
    return "LIST";
  const left = await view.inherited(attempt);
  attempt.sameSession();
  if (!left) return "LIST";
  attention.look();
  attempt.place = { first: true, ahead, number: 1, of: place.of };
  attempt.lock = left.lock;
  return evaluate(attempt, left.slots);
}

/** Until `wake`, a lost session, a cancel, or the next reason to look by ourselves. */
async function slept(attempt: Attempt, longest: number): Promise<void> {
  const { session, patience, request, attention } = attempt;
  const times = [longest, attention.graceEnds - session.system.now()];
  if (request.retryInterval > 0) times.push(request.retryInterval * 1000);
  await new Promise<void>((resolve) => {
    const done = () => {
      callOff();
      session.off("lost", done).off("refused", done).off("closed", done);
      patience.signal?.removeEventListener("abort", done);
      attention.wake = null;
      resolve();
    };
    const next = Math.max(1, Math.min(...times));
    const callOff = session.system.after(next, done);
    attention.wake = done;
    session.on("lost", done).on("refused", done).on("closed", done);
    patience.signal?.addEventListener("abort", done);
    if (patience.signal?.aborted || !attempt.isCurrent()) done();
  });
}

/** Before giving up: a waiter that is not first hears nothing of the holders, so it asks whether they are others by now. */
export async function lastLook(attempt: Attempt): Promise<void> {
  const { session, paths, patience } = attempt;
  if (patience.left() > 0) return;
  const { code, holders } = await readHolders(session, paths);
  if (code === "OK") patience.sawHolders(holders.map(({ id }) => id));
  patience.sawChef(await chefHolder(attempt));
  if (patience.left() === 0) throw new Expired();
}

import type { Attempt } from "./attempt";
import { LockOnHold, LockTimeout } from "./errors";
import { evaluate } from "./evaluate";
import { describeAge, describeHolder, viewOf, waysOn } from "./blocked";
import {
  describeChefHolder,
  readChefHolder,
  waysOnWithChef,
  type ChefHolder,
} from "./chef-holder";
import { inherit } from "./estate";
import { isBehindOurs } from "./line";
import { mirrorPath } from "./mirror";
import { readHolders } from "./members";
import { Expired } from "./patience";
import type { Step } from "./step";
import { take } from "./take";
import type { WaitReport } from "./types";

/** Milliseconds of a wait that nobody needs to hear of. */
const MOMENT = 250;

/** WAIT: until something watched changes, the session ends, or it is time to look again. */
export async function wait(attempt: Attempt): Promise<Step> {
  attempt.waited ||= attempt.first || !isBehindOurs(attempt);
  await tell(attempt);
  if (!attempt.dirty && !attempt.passed)
    await slept(attempt, attempt.patience.left());
  const { passed } = attempt;
  attempt.passed = null;
  if (passed) return passed;
  attempt.patience.checkCancelled();
  attempt.sameSession();
  await lastLook(attempt);
  if (!attempt.dirty && performance.now() < attempt.graceEnds) return "LIST"; // the safety re-check
  if (!attempt.first) return succeed(attempt);
  const gone = attempt.vanished.find((path) => attempt.shortcut.has(path));
  if (gone === undefined || attempt.lock?.hold) return "EVAL";
  const slot = attempt.shortcut.get(gone)!;
  attempt.look();
  // of a crash it tells too: then the slot is not free, and all is looked at
  return take(attempt, slot, "create");
}

/** To tell of a wait, all holders are read: not for one that is over in a moment. */
async function tell(attempt: Attempt): Promise<void> {
  const { onWait, retryInterval } = attempt.request;
  if (!onWait || attempt.dirty) return;
  const moment = retryInterval > 0 ? retryInterval * 100 : MOMENT;
  await slept(attempt, Math.min(MOMENT, moment));
  if (attempt.dirty || attempt.passed) return;
  if (attempt.patience.signal?.aborted) return;
  if (attempt.isCurrent()) onWait(await report(attempt));
}

/** The waiter before is gone. If it was of this process and has the lock now, this one is first. */
async function succeed(attempt: Attempt): Promise<Step> {
  const { ahead, vanished } = attempt;
  if (!ahead || !vanished.includes(attempt.waiterPath(ahead))) return "LIST";
  const estate = await inherit(attempt);
  attempt.sameSession();
  if (!estate) return "LIST";
  attempt.look();
  attempt.first = true;
  attempt.place = 1;
  attempt.lock = estate.lock;
  return evaluate(attempt, estate.slots);
}

/** Until `wake`, a lost session, a cancel, or the next reason to look by ourselves. */
async function slept(attempt: Attempt, longest: number): Promise<void> {
  const { session, patience, request } = attempt;
  const times = [longest, attempt.graceEnds - performance.now()];
  if (request.retryInterval > 0) times.push(request.retryInterval * 1000);
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      session.off("lost", done).off("refused", done).off("closed", done);
      patience.signal?.removeEventListener("abort", done);
      attempt.wake = null;
      resolve();
    };
    // Node's timers overflow beyond 24 days
    const next = Math.max(1, Math.min(...times, 2 ** 31 - 1));
    const timer = setTimeout(done, next);
    attempt.wake = done;
    session.on("lost", done).on("refused", done).on("closed", done);
    patience.signal?.addEventListener("abort", done);
    if (patience.signal?.aborted || !attempt.isCurrent()) done();
  });
}

/** Before giving up: who is not first hears nothing of the holders, so it asks whether they are others by now. */
export async function lastLook(attempt: Attempt): Promise<void> {
  if (attempt.patience.left() > 0) return;
  const { code, holders } = await readHolders(attempt.session, attempt.paths);
  if (code === "OK") attempt.notice(holders.map(({ id }) => id));
  attempt.noticeChef(await chefHolder(attempt));
  if (attempt.patience.left() === 0) throw new Expired();
}

async function chefHolder(attempt: Attempt): Promise<ChefHolder | null> {
  const { chef, name } = attempt.request;
  if (!chef) return null;
  const path = mirrorPath(chef, name);
  return (await readChefHolder(attempt.session, path, attempt.paths)).chef;
}

/** What a waiter can say of its wait. */
export async function report(attempt: Attempt): Promise<WaitReport> {
  const { holders } = await readHolders(attempt.session, attempt.paths);
  const chef = await chefHolder(attempt);
  return {
    chef,
    place: attempt.place,
    queued: attempt.queueLength,
    holders: holders.map(viewOf),
    hold: attempt.lock?.hold ?? null,
    waited: (performance.now() - attempt.startedAt) / 1000,
    left: attempt.patience.left() / 1000,
  };
}

/** The error of a wait that is over: who holds, since when, our place, the time waited. */
export function timeoutError(
  attempt: Attempt,
  wait: WaitReport,
): LockTimeout | LockOnHold {
  const { name } = attempt.request;
  const waited = describeAge(wait.waited);
  const place = `place ${wait.place} of ${wait.queued} in the queue`;
  const story = wait.holders.map(
    (holder) => `holder: ${describeHolder(holder)}`,
  );
  if (wait.hold) {
    const { by, why, since } = wait.hold;
    return new LockOnHold(
      `lock ${name}: on hold by ${by} since ${since}: ${why} (waited ${waited}, ${place})`,
      [...story, `let it go on: locked-action unhold ${name}`],
      wait.hold,
    );
  }
  const first = wait.holders[0];
  const by = first
    ? `held by ${describeHolder(first)}`
    : wait.chef
      ? `held by ${describeChefHolder(wait.chef)}`
      : "nobody holds it";
  return new LockTimeout(
    `lock ${name}: not got in ${waited}: ${by} (${place})`,
    [
      ...story.slice(1),
      ...(first || !wait.chef
        ? []
        : waysOnWithChef(wait.chef, attempt.session.servers)),
      attempt.patience.limit(),
      ...(first ? waysOn(name, first) : []),
    ],
    wait,
  );
}

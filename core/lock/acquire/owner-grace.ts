import { describeHolder, placeOf, viewOf, waysOn } from "../describe";
import { LockBlocked } from "../errors";
import type { Member } from "../types";
import type { Attempt } from "./attempt";
import { isStuck } from "./choose";

/**
 * Ends the wait if those that block are failed or stale and their owners did not
 * come back in time; else says when to look again.
 * @throws LockBlocked
 */
export async function endGrace(
  attempt: Attempt,
  by: readonly Member[],
): Promise<void> {
  const { request, session } = attempt;
  if (request.onFailedHolder === "wait") return;
  if (by.length === 0 || !by.every(isStuck)) return;
  const ends = await Promise.all(by.map((member) => graceEnd(attempt, member)));
  const last = Math.max(...ends);
  if (last <= session.system.now()) throw blockedBy(attempt, by[0]!);
  attempt.attention.graceEnds = last;
}

/**
 * From the later of our arrival and the failure. Between the two lies what
 * ZooKeeper's own stamps say: no clock of another machine is asked.
 */
async function graceEnd(attempt: Attempt, member: Member): Promise<number> {
  const { session, startedAt, request, view } = attempt;
  const grace = request.ownerGrace * 1000;
  const failed = member.record?.state === "failed";
  const what = member.path + (failed ? " failed" : "");
  const seen = view.staleSince(what, session.system.now());
  if (!failed || !attempt.waiter) return seen + grace;
  const { stat } = await session.exists(attempt.waiterPath(attempt.waiter));
  if (!stat) return seen + grace;
  const failedAt = attempt.queuedAt + member.stat.mtime - stat.ctime;
  // no later than it was seen: that clock may have been put forward in between
  return Math.max(startedAt, Math.min(seen, failedAt)) + grace;
}

function blockedBy(attempt: Attempt, member: Member): LockBlocked {
  const { session, request } = attempt;
  const date = session.system.date();
  const view = viewOf(member, date);
  return new LockBlocked(
    `lock ${request.name}: blocked by ${describeHolder(view, date)}`,
    waysOn(placeOf(session, attempt.paths.lock), request.name, view),
    view,
  );
}

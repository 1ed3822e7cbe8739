import { lockPath } from "../../core/lock/tree/paths";
import type { HistoryRecord, HolderView } from "../../core/lock/types";
import { whoWeAre } from "../../core/text/who";
import type { Session } from "../../core/zookeeper/session";
import { ciJob } from "../ci";
import { DEFAULT_ROOT, type Plan } from "../plan";
import type { Runtime } from "../runtime";
import type { LockSpec } from "../../core/action/types";
import type { Fleet } from "./fleet";
import type { FleetState } from "./state";

/** Seconds to reach ZooKeeper before a roll. */
const CONNECT_TIMEOUT = 60;
/** Seconds to reach it when there is nothing left to be done. */
const FORGET_TIMEOUT = 10;

/** What ZooKeeper knows of this fleet, whatever became of those who wrote it. */
export interface Earlier {
  /** What an unfinished roll has done, by target: the last of each. */
  done: Map<string, HistoryRecord>;
  holders: HolderView[];
}

/** Path of the fleet's lock. */
export function fleetLockPath({ lock }: Pick<Fleet, "lock">): string {
  return lockPath(lock.root ?? DEFAULT_ROOT, lock.name);
}

/**
 * Reads what an earlier roll of this resource did, even if no state ever learnt of it. Where
 * all that it did was for another configuration, it is said to be over.
 */
export async function readEarlier(
  runtime: Runtime,
  fleet: Fleet,
  options: { endFirst: boolean },
): Promise<Earlier> {
  const { readUnfinishedRoll, readHoldersOf } = runtime.heavy();
  const path = fleetLockPath(fleet);
  return withSession(runtime, anyPlan(fleet).lock, async (session) => {
    if (options.endFirst)
      await end(runtime, session, fleet, "it had ended before");
    const [records, holders] = await Promise.all([
      fleet.urn ? readUnfinishedRoll(session, path, fleet.urn) : [],
      readHoldersOf(session, path),
    ]);
    const done = doneNow(fleet, records);
    if (records.length > 0 && done.size === 0)
      await end(
        runtime,
        session,
        fleet,
        "another configuration took its place",
      );
    return { done, holders };
  });
}

/** Says in the lock's history that a roll has ended. */
export async function recordEnd(
  runtime: Runtime,
  fleet: Fleet,
  reason: string,
): Promise<void> {
  await withSession(runtime, anyPlan(fleet).lock, (session) =>
    end(runtime, session, fleet, reason),
  );
}

/**
 * The resource is deleted in the middle of a roll: what it did so far need not be kept any more.
 * Not worth a failure: a lock's history with some records too many harms nobody.
 */
export async function forgetRoll(
  runtime: Runtime,
  { lock, failure, keptAuth }: FleetState,
): Promise<void> {
  const { urn } = failure ?? {};
  if (urn === undefined) return;
  const { zookeeperAuth } = runtime.settings.settings;
  const auth = keptAuth ?? (zookeeperAuth ? [zookeeperAuth] : []);
  const where = { servers: lock.servers, auth, timeout: FORGET_TIMEOUT };
  const facts = { urn, reason: "the resource was deleted" };
  const path = fleetLockPath({ lock });
  const { endRoll } = runtime.heavy();
  await withSession(runtime, where, (session) =>
    endRoll(session, path, whoWeAre(), facts),
  ).catch(() => {});
}

async function end(
  runtime: Runtime,
  session: Session,
  fleet: Fleet,
  reason: string,
): Promise<void> {
  const { endRoll } = runtime.heavy();
  const { urn } = fleet;
  if (urn === undefined) return;
  const ci = ciJob(process.env);
  const { runKey } = anyPlan(fleet);
  const facts = { urn, runKey, reason, ...(ci ? { ci } : {}) };
  await endRoll(session, fleetLockPath(fleet), whoWeAre(), facts);
}

/** Those for what is wanted now: by target, the last of each. */
function doneNow(
  { plans }: Fleet,
  records: HistoryRecord[],
): Map<string, HistoryRecord> {
  const keys = new Map<string, string>();
  for (const { target, runKey } of plans.values()) keys.set(target, runKey);
  const own = records.filter(
    ({ target, runKey }) =>
      target !== undefined &&
      runKey !== undefined &&
      keys.get(target) === runKey,
  );
  return new Map(own.map((record) => [record.target!, record]));
}

export function anyPlan({ plans }: Fleet): Plan {
  const [plan] = plans.values();
  return plan!;
}

async function withSession<T>(
  runtime: Runtime,
  { servers, auth, timeout }: Pick<LockSpec, "servers" | "auth" | "timeout">,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { sessions } = runtime.heavy();
  const lease = await sessions.lease(
    { servers, auth },
    { signal: runtime.stop, timeout: Math.min(timeout, CONNECT_TIMEOUT) },
  );
  try {
    return await work(lease.session);
  } finally {
    await lease.release();
  }
}

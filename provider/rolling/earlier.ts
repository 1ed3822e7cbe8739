import { lockPath } from "../../core/lock/tree/paths";
import type { HistoryRecord } from "../../core/lock/types";
import { whoWeAre } from "../../core/text/who";
import type { Session } from "../../core/zookeeper/session";
import { ciJob } from "../ci";
import { standingIn, type Standing } from "../kept";
import { DEFAULT_ROOT, type Plan } from "../plan";
import type { Runtime } from "../runtime";
import type { LockIdentity } from "../state";
import type { LockSpec } from "../../core/action/types";
import type { Fleet } from "./fleet";
import type { HostRun } from "./known";
import type { FleetState } from "./state";

/** Seconds to reach ZooKeeper before a roll. */
const CONNECT_TIMEOUT = 60;
/** Seconds to reach it when there is nothing left to be done. */
const FORGET_TIMEOUT = 10;

/** What ZooKeeper knows of this fleet, whatever became of those who wrote it. */
export interface Earlier {
  /** What an unfinished roll has done, by target: the last of each, for whatever triggers and action. */
  done: Map<string, HistoryRecord>;
  /** Locks that nobody is at work under, at the fleet's path and at that of its state. */
  standing: Standing[];
}

export const NOTHING: Earlier = { done: new Map(), standing: [] };

/** Path of the fleet's lock. */
export function fleetLockPath({ lock }: Pick<Fleet, "lock">): string {
  return lockPath(lock.root ?? DEFAULT_ROOT, lock.name);
}

/**
 * Reads what an earlier roll of this resource did, even if no state ever learnt of it. Where the
 * state knows all of it already, that roll is said to be over.
 */
export async function readEarlier(
  runtime: Runtime,
  fleet: Fleet,
  hosts: HostRun[],
  {
    endFirst,
    before,
    timeout = anyPlan(fleet).lock.timeout,
  }: { endFirst: boolean; before: FleetState | null; timeout?: number },
): Promise<Earlier> {
  const { readUnfinishedRoll } = runtime.heavy();
  const path = fleetLockPath(fleet);
  const { lock, urn } = fleet;
  const { auth } = anyPlan(fleet).lock;
  const where = { servers: lock.servers, auth, timeout };
  const records = await withSession(runtime, where, async (session) => {
    if (endFirst) await end(runtime, session, fleet, "it had ended before");
    const found = urn ? await readUnfinishedRoll(session, path, urn) : [];
    if (found.length > 0 && hosts.every((host) => knows(host, found)))
      await end(runtime, session, fleet, "another configuration came next");
    return found;
  });
  const done = lastOfEach(records);
  const standing = await ownLocks(runtime, fleet, hosts, lock, auth);
  if (!before || fleetLockPath(before) === path) return { done, standing };
  // the old ensemble may be gone for good: what cannot be asked there is told, and stops nothing
  const { keptAuth = auth } = before;
  const old = await ownLocks(
    runtime,
    fleet,
    hosts,
    before.lock,
    keptAuth,
  ).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    runtime.status.warn(
      urn,
      `whether a killed run left the lock ${before.lock.name} could not be asked: ${why}`,
    );
    return [];
  });
  return { done, standing: [...standing, ...old] };
}

function ownLocks(
  runtime: Runtime,
  fleet: Fleet,
  hosts: HostRun[],
  lock: LockIdentity,
  auth: LockSpec["auth"],
): Promise<Standing[]> {
  const subjects = new Map(
    hosts.map(({ plan }) => [plan.target, plan.subject]),
  );
  return standingIn(runtime, {
    ...{ lock, auth },
    owns: ({ target, subject, urn }) =>
      subjects.get(target) === subject ||
      (urn !== undefined && urn === fleet.urn),
  });
}

/** It says of this host what the records say last, and that is not what is wanted now. */
function knows({ plan, state }: HostRun, records: HistoryRecord[]): boolean {
  const last = records.findLast(({ target }) => target === plan.target);
  if (!last) return true;
  return last.runKey !== plan.runKey && last.runKey === state?.runKey;
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

/** Locks that killed runs of a deleted resource left: with its deletion nobody takes them over any more. */
export async function leftByFleet(
  runtime: Runtime,
  { lock, urn, keptAuth }: FleetState,
): Promise<Standing[]> {
  if (urn === undefined || lock.servers === "") return [];
  const { zookeeperAuth } = runtime.settings.settings;
  const auth = keptAuth ?? (zookeeperAuth ? [zookeeperAuth] : []);
  const owns = (of: { urn?: string }) => of.urn === urn;
  return standingIn(runtime, { lock, auth, owns }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    runtime.status.warn(
      urn,
      `whether a killed run left the lock ${lock.name} could not be asked: ${why}`,
    );
    return [];
  });
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

function lastOfEach(records: HistoryRecord[]): Map<string, HistoryRecord> {
  const own = records.filter(({ target }) => target !== undefined);
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

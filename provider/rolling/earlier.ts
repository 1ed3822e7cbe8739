import { lockPath } from "../../core/lock/tree/paths";
import type { HistoryRecord } from "../../core/lock/types";
import { whoWeAre } from "../../core/text/who";
import type { Session } from "../../core/zookeeper/session";
import { ciJob } from "../ci";
import { standingIn, StillAtWork, type Standing } from "../kept";
import { DEFAULT_ROOT, type Plan } from "../plan";
import { quiet } from "../quiet";
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
  /** The locks that were asked for them. */
  asked: string[];
}

/** A lock among those of all ensembles. */
const nameOf = (servers: string, path: string) => `${servers} ${path}`;

/** ZooKeeper was asked for it, and it stands no more: it was cleared. */
export function isGone(
  { asked, standing }: Earlier,
  { where, lock: { servers } }: Standing,
): boolean {
  return (
    asked.includes(nameOf(servers, where.lock)) &&
    !standing.some(
      (each) =>
        each.where.lock === where.lock && each.where.holder === where.holder,
    )
  );
}

export const NOTHING: Earlier = { done: new Map(), standing: [], asked: [] };

/** The last roll had another lock. */
export function isElsewhere(
  fleet: Pick<Fleet, "lock">,
  before: Pick<FleetState, "lock">,
): boolean {
  return (
    fleetLockPath(fleet) !== fleetLockPath(before) ||
    fleet.lock.servers !== before.lock.servers
  );
}

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
    due,
    timeout = anyPlan(fleet).lock.timeout,
  }: {
    endFirst: boolean;
    before: FleetState | null;
    /** Those that are to be acted on anyway: there another resource's lock of the same service is taken over. */
    due: HostRun[];
    timeout?: number;
  },
): Promise<Earlier> {
  const { readUnfinishedRoll } = runtime.heavy();
  const path = fleetLockPath(fleet);
  const { lock, urn } = fleet;
  const { auth } = anyPlan(fleet).lock;
  const where = { servers: lock.servers, auth, timeout };
  const records = await withSession(runtime, where, async (session) => {
    if (endFirst && before) await endBefore(runtime, session, fleet, before);
    const found = urn ? await readUnfinishedRoll(session, path, urn) : [];
    if (found.length > 0 && hosts.every((host) => knows(host, found)))
      await end(runtime, session, fleet, "another configuration came next");
    return found;
  });
  const standing = await ownLocks(runtime, fleet, due, lock, auth);
  const asked = [nameOf(lock.servers, path)];
  if (!before || !isElsewhere(fleet, before))
    return { done: lastOfEach(records), standing, asked };
  // the old ensemble may be gone for good: what cannot be asked there is told, and stops nothing
  const { keptAuth = auth } = before;
  const oldPath = fleetLockPath(before);
  const old = await Promise.all([
    ownLocks(runtime, fleet, due, before.lock, keptAuth),
    withSession(
      runtime,
      { servers: before.lock.servers, auth: keptAuth, timeout },
      async (session) => (urn ? readUnfinishedRoll(session, oldPath, urn) : []),
    ),
  ]).catch((error: unknown) => {
    if (error instanceof StillAtWork) throw error;
    const why = error instanceof Error ? error.message : String(error);
    runtime.status.warn(
      urn,
      `whether a killed run left the lock ${before.lock.name} could not be asked: ${why}`,
    );
    return null;
  });
  if (!old) return { done: lastOfEach(records), standing, asked };
  const [oldLocks, oldRecords] = old;
  // with `always` the state can't tell for long what a roll has done that went on under another lock
  const all = anyPlan(fleet).always ? records : [...oldRecords, ...records];
  return {
    done: lastOfEach(all),
    standing: [...standing, ...oldLocks],
    asked: [...asked, nameOf(before.lock.servers, oldPath)],
  };
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
    isOwn: (of) => of === fleet.urn,
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
 * The resource is deleted in the middle of a roll, or the roll goes on under another lock: what it did so far need not be
 * kept there any more. Not worth a failure: a lock's history with some records too many harms nobody.
 */
export async function forgetRoll(
  runtime: Runtime,
  { lock, failure, keptAuth }: FleetState,
  reason: string,
): Promise<void> {
  const { urn } = failure ?? {};
  if (urn === undefined) return;
  const { zookeeperAuth } = runtime.settings.settings;
  const auth = keptAuth ?? (zookeeperAuth ? [zookeeperAuth] : []);
  const where = { servers: lock.servers, auth, timeout: FORGET_TIMEOUT };
  const facts = { urn, reason };
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
  const isOwn = (of: string) => of === urn;
  return standingIn(runtime, { lock, auth, owns, isOwn }).catch(
    (error: unknown) => {
      if (error instanceof StillAtWork) throw quiet(error);
      const why = error instanceof Error ? error.message : String(error);
      runtime.status.warn(
        urn,
        `whether a killed run left the lock ${lock.name} could not be asked: ${why}`,
      );
      return [];
    },
  );
}

/** Once for each state: what a run that was killed has done since then counts. */
async function endBefore(
  runtime: Runtime,
  session: Session,
  fleet: Fleet,
  { finishedAt = "" }: FleetState,
): Promise<void> {
  const { readLastEnd, readUnfinishedRoll } = runtime.heavy();
  const { urn } = fleet;
  if (urn === undefined) return;
  const path = fleetLockPath(fleet);
  const reason = `it had ended before, as the state of ${finishedAt} says`;
  const last = await readLastEnd(session, path, urn);
  if (last?.reason === reason) return;
  if (last === null) {
    // that run may have found no lock yet to end it in: by the clocks, then
    const found = await readUnfinishedRoll(session, path, urn);
    const isLater = ({ at }: HistoryRecord) =>
      Date.parse(at) > Date.parse(finishedAt);
    if (found.every(isLater)) return;
  }
  await end(runtime, session, fleet, reason);
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

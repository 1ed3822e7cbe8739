import type { KeptLock, LockSpec } from "../core/action/types";
import { clearCommand } from "../core/text/command";
import type { HistoryEntry, HolderView, Owner } from "../core/lock/types";
import { duration } from "../core/text/duration";
import type { Session } from "../core/zookeeper/session";
import { DEFAULT_ROOT, type Plan } from "./plan";
import type { Runtime } from "./runtime";
import {
  identityOf,
  pickIdentity,
  sameIdentity,
  type Kept,
  type LockIdentity,
  type State,
} from "./state";

/** Seconds to reach ZooKeeper, and then to give a kept lock back. */
const CONNECT_TIMEOUT = 10;
const RELEASE_DEADLINE = 30;
/** Seconds until whoever was killed is surely known to be: twice the session's time-out. */
const DYING = 30;
const ASK_AGAIN = 1;

/** A lock of an earlier run, as it stands in ZooKeeper. */
export interface Standing {
  where: KeptLock;
  lock: LockIdentity;
  owner: Owner;
  auth: LockSpec["auth"];
  /** The act under it has surely ended, whatever its record says. */
  ended: boolean;
}

/** What a state says of a lock that still stands: what is absent is as the resource has it. */
export function standing(state: State | null): Standing | null {
  const { kept, keptAuth = [] } = state ?? {};
  if (!state || !kept) return null;
  const { holder, subject, target = state.target } = kept;
  const path = kept.path ?? state.lock.path;
  if (path === undefined) return null;
  return {
    where: { lock: path, holder },
    lock: kept.lock ?? state.lock,
    owner: { target, subject },
    auth: keptAuth,
    // what is only in doubt, or was verified at least in part, had come to its end
    ended: kept.why === "doubt" || hasEnded(state),
  };
}

function hasEnded({ failure }: State): boolean {
  return failure?.phase === "acted" || failure?.phase === "verified";
}

/** The lock and the owner to act under: while a lock is kept, that one, at its old path with its old data. */
export function lockToUse(
  plan: Plan,
  state: State | null,
): { lock: LockSpec; owner: Owner } {
  const owner = { target: plan.target, subject: plan.subject };
  const kept = standing(state);
  if (!kept || plan.lock.skip) return { lock: plan.lock, owner };
  const { servers, root = DEFAULT_ROOT, name, data, chef } = kept.lock;
  const sameServers = servers === plan.lock.servers;
  const sameLock =
    sameServers && root === plan.lock.root && name === plan.lock.name;
  const { maxHolders = 1, maxPerGroup = null, maxFailures = 1 } = kept.lock;
  const lock: LockSpec = {
    ...plan.lock,
    ...{ servers, root, name, group: data },
    auth: sameServers ? plan.lock.auth : kept.auth,
    // limits belong to the lock: those of the same one may have been corrected since
    limits: sameLock
      ? plan.lock.limits
      : { maxHolders, maxPerGroup, maxFailures },
  };
  delete lock.chef;
  return { lock: chef ? { ...lock, chef } : lock, owner: kept.owner };
}

/** The lock that stands after a run: the one it used, or one from before that it did not touch. */
export function standingAfter(
  where: KeptLock | null,
  { lock, owner }: { lock: LockSpec; owner: Owner },
  before: State | null,
): Standing | null {
  if (!where) return null;
  const earlier = standing(before);
  if (earlier?.where.holder === where.holder) return earlier;
  const { auth } = lock;
  return { where, lock: identityOf(lock), owner, auth, ended: false };
}

/** What a state has to say of it, beside what it says of the resource's own lock. */
export function keptState(
  kept: Standing | null,
  why: Kept["why"],
  own: Pick<State, "lock" | "target">,
): Pick<State, "kept" | "keptAuth"> {
  if (!kept) return {};
  const { where, lock, owner, auth } = kept;
  return {
    kept: {
      ...{ holder: where.holder, subject: owner.subject, why },
      ...(owner.target === own.target ? {} : { target: owner.target }),
      ...(where.lock === own.lock.path ? {} : { path: where.lock }),
      ...(sameIdentity(lock, own.lock) ? {} : { lock: pickIdentity(lock) }),
    },
    ...(auth.length ? { keptAuth: auth } : {}),
  };
}

/**
 * Gives back exactly that holder; one that was cleared or adopted meanwhile counts as released. An act
 * of it that may still run on its host is waited for: it must not run beside another's.
 * @throws if it can't be given back
 */
export async function releaseKeptLock(
  runtime: Runtime,
  { where, lock, auth, owner, ended }: Standing,
  reason: string,
): Promise<void> {
  const { releaseKept } = runtime.heavy();
  const entry: HistoryEntry = { kind: "cleared", reason };
  await withLock(runtime, { servers: lock.servers, auth }, async (session) => {
    if (!ended) await untilOver(runtime, session, where, owner.target);
    await releaseKept(session, where, entry, { deadline: RELEASE_DEADLINE });
  });
}

/** @throws if this process is told to end before the act is surely over */
async function untilOver(
  runtime: Runtime,
  session: Session,
  { lock, holder }: KeptLock,
  target: string,
): Promise<void> {
  const { readHoldersOf, mayStillRun, secondsToEnd, systemClock } =
    runtime.heavy();
  const holders = await readHoldersOf(session, lock);
  const record = holders.find(({ id }) => id === holder)?.record;
  if (!record || !mayStillRun(record)) return;
  const left = secondsToEnd(record, systemClock.date());
  if (left <= 0) return;
  const problem = `an earlier run's action may still run on ${target}`;
  runtime.status.warn(
    record.urn,
    `${target}: ${problem}: its lock ${lock} is released when it is surely over, in ${duration(left)}`,
  );
  await systemClock.wait(left, runtime.stop);
  if (runtime.stop.aborted)
    throw new Error(`${problem}, for ${duration(left)} at most`);
}

/**
 * Locks of earlier runs of these resources and machines that stand at a lock's path, with nobody at work under them.
 * @throws StillAtWork
 */
export async function standingIn(
  runtime: Runtime,
  { lock, auth, owns, isOwn }: Asked,
): Promise<Standing[]> {
  const { lockPath, ownerKey } = runtime.heavy();
  const { root = DEFAULT_ROOT, name, servers } = lock;
  const path = lockPath(root, name);
  const holders = await withLock(runtime, { servers, auth }, (session) =>
    holdersAtRest(runtime, session, path, isOwn),
  );
  return holders.flatMap(({ id, group, record, state }) => {
    if (!record || state === "live") return [];
    const { target, subject, urn } = record;
    const key = ownerKey(path, { target, subject });
    if (!id.startsWith(`${key}-`) || !owns({ target, subject, urn })) return [];
    const where = { lock: path, holder: id };
    const data = record.group || group;
    return [
      {
        ...{ where, auth, ended: false, owner: { target, subject } },
        lock: { ...pickIdentity(lock), data },
      },
    ];
  });
}

/** Where to look for them, and whose they must be. */
export interface Asked {
  lock: LockIdentity;
  auth: LockSpec["auth"];
  owns: (whose: Owner & { urn?: string }) => boolean;
  /** Whether it is this very resource's: one `up` of it at a time, so what looks alive has just been killed, or is ending. */
  isOwn: (urn: string, subject: string) => boolean;
}

/** Nothing may be done beside it: unlike all else that keeps ZooKeeper from being asked, this stops everything. */
export class StillAtWork extends Error {
  constructor(lock: string, target: string) {
    super(
      `an earlier run of the same resource is still at work under the lock ${lock}, on ${target}`,
    );
    this.name = "StillAtWork";
  }
}

/** A killed run looks alive until its session has ended. */
async function holdersAtRest(
  runtime: Runtime,
  session: Session,
  path: string,
  isOwn: Asked["isOwn"],
): Promise<HolderView[]> {
  const { readHoldersOf, systemClock } = runtime.heavy();
  for (let waited = 0; ; waited += ASK_AGAIN) {
    const holders = await readHoldersOf(session, path);
    const living = holders.find(
      ({ state, record }) =>
        state === "live" &&
        record?.urn !== undefined &&
        isOwn(record.urn, record.subject),
    );
    if (!living) return holders;
    if (waited >= DYING || runtime.stop.aborted)
      throw new StillAtWork(path, living.record!.target);
    await systemClock.wait(ASK_AGAIN, runtime.stop);
  }
}

async function withLock<T>(
  runtime: Runtime,
  where: Pick<LockSpec, "servers" | "auth">,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { sessions } = runtime.heavy();
  const options = { signal: runtime.stop, timeout: CONNECT_TIMEOUT };
  const lease = await sessions.lease(where, options);
  try {
    return await work(lease.session);
  } finally {
    await lease.release();
  }
}

/** How to go on when a kept lock could not be given back. */
export const clearKept = ({ where, lock }: Standing): string =>
  clearCommand(lock, lock.name, where.holder);

import type { KeptLock, LockSpec } from "../core/action/types";
import { clearCommand } from "../core/text/command";
import type { HistoryEntry, Owner } from "../core/lock/types";
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

/** A lock of an earlier run, as it stands in ZooKeeper. */
export interface Standing {
  where: KeptLock;
  lock: LockIdentity;
  owner: Owner;
  auth: LockSpec["auth"];
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
  };
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
  return { where, lock: identityOf(lock), owner, auth: lock.auth };
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

/** Gives back exactly that holder; one that was cleared or adopted meanwhile counts as released. */
export async function releaseKeptLock(
  runtime: Runtime,
  { where, lock, auth }: Standing,
  reason: string,
): Promise<void> {
  const { sessions, releaseKept } = runtime.heavy();
  const lease = await sessions.lease(
    { servers: lock.servers, auth },
    { signal: runtime.stop, timeout: CONNECT_TIMEOUT },
  );
  const entry: HistoryEntry = { kind: "cleared", reason };
  try {
    await releaseKept(lease.session, where, entry, {
      deadline: RELEASE_DEADLINE,
    });
  } finally {
    await lease.release();
  }
}

/** How to go on when a kept lock could not be given back. */
export const clearKept = ({ where, lock }: Standing): string =>
  clearCommand(lock, lock.name, where.holder);

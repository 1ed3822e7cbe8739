import type { KeptLock, LockSpec } from "../core/action/types";
import type { HistoryEntry, Owner } from "../core/lock/types";
import type { Plan } from "./plan";
import type { Runtime } from "./runtime";
import { identityOf, type Kept, type State } from "./state";

/** Seconds to reach ZooKeeper, and then to give a kept lock back. */
const CONNECT_TIMEOUT = 10;
const RELEASE_DEADLINE = 30;

/** The lock and the owner to act under: while a lock is kept, that one, at its old path with its old data. */
export function lockToUse(
  plan: Plan,
  state: State | null,
): { lock: LockSpec; owner: Owner } {
  const { kept, keptAuth } = state ?? {};
  const owner = { target: plan.target, subject: plan.subject };
  if (!kept || plan.lock.skip) return { lock: plan.lock, owner };
  const { servers, root, name, data, chef } = kept.lock;
  const sameServers = servers === plan.lock.servers;
  const sameLock =
    sameServers && root === plan.lock.root && name === plan.lock.name;
  const { maxHolders, maxPerGroup = null, maxFailures } = kept.lock;
  const lock: LockSpec = {
    ...plan.lock,
    ...{ servers, root, name, group: data },
    auth: sameServers ? plan.lock.auth : (keptAuth ?? []),
    // limits belong to the lock: those of the same one may have been corrected since
    limits: sameLock
      ? plan.lock.limits
      : { maxHolders, maxPerGroup, maxFailures },
  };
  delete lock.chef;
  return { lock: chef ? { ...lock, chef } : lock, owner: kept.owner };
}

/** What is to be remembered of a lock that still stands. */
export function keptState(
  { lock: path, holder }: KeptLock,
  lock: LockSpec,
  owner: Owner,
  why: Kept["why"],
): Pick<State, "kept" | "keptAuth"> {
  return {
    kept: { holder, path, lock: identityOf(lock), owner, why },
    ...(lock.auth.length ? { keptAuth: lock.auth } : {}),
  };
}

/** Gives back exactly that holder; one that was cleared or adopted meanwhile counts as released. */
export async function releaseKeptLock(
  runtime: Runtime,
  { kept, keptAuth = [] }: Pick<State, "kept" | "keptAuth">,
  reason: string,
): Promise<void> {
  if (!kept) return;
  const { sessions, releaseKept } = runtime.heavy();
  const lease = await sessions.lease(
    { servers: kept.lock.servers, auth: keptAuth },
    { signal: runtime.stop, timeout: CONNECT_TIMEOUT },
  );
  const entry: HistoryEntry = { kind: "cleared", reason };
  const where = { lock: kept.path, holder: kept.holder };
  try {
    await releaseKept(lease.session, where, entry, {
      deadline: RELEASE_DEADLINE,
    });
  } finally {
    await lease.release();
  }
}

/** How to go on when a kept lock could not be given back. */
export function clearCommand({ holder, lock }: Kept): string {
  const root = lock.root === "/locked-action" ? "" : ` --root ${lock.root}`;
  return `locked-action clear ${lock.name} --holder ${holder} --servers ${lock.servers}${root}`;
}

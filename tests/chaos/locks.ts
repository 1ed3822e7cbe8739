import { createHash } from "node:crypto";
import type { ChefMirror, LockRequest, Limits } from "../../core/lock";

export const ROOT = "/chaos";

export interface ChaosLock {
  name: string;
  limits: Limits;
  /** Values of N that an operator sets meanwhile. */
  set?: number[];
  /** The session that all of a process take it by, where it is one. */
  session?: number;
  /** The Chef lock that goes with it. */
  chef?: ChefMirror;
  /** Of the lock's n-th worker. */
  group(n: number): string;
}

/** Name of the lock that is used with credentials. */
export const CLOSED = "closed";
const CREDENTIALS = "chaos:secret";
export const AUTH = [{ scheme: "digest", credentials: CREDENTIALS }];
/** All rights for who has them, as ZooKeeper keeps it. */
export const OWNER_ONLY = `digest:chaos:${createHash("sha1").update(CREDENTIALS).digest("base64")} 31`;

const ONE: ChaosLock = {
  name: "one",
  limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
  group: (n) => `host${n}`,
};
const TWO: ChaosLock = {
  name: "two",
  limits: { maxHolders: 2, maxPerGroup: null, maxFailures: 2 },
  set: [1, 2, 3],
  group: (n) => `rack${n % 4}`,
};
const RACKS: ChaosLock = {
  name: "racks",
  limits: { maxHolders: 2, maxPerGroup: 2, maxFailures: 1 },
  group: (n) => `rack${n % 2}`,
};
/** There is a place for most who come: so many come beside others. */
const WIDE: ChaosLock = {
  name: "wide",
  session: 0,
  limits: { maxHolders: 12, maxPerGroup: null, maxFailures: 6 },
  group: (n) => `host${n}`,
};
/** Chef's own locks: not below the root of ours. */
export const CHEF_ROOT = "/chaos-chef";
const WITH_CHEF: ChaosLock = {
  ...{ ...ONE, name: "chef" },
  chef: { root: CHEF_ROOT, name: "web", mode: "tagged" },
};
const WITH_CREDENTIALS: ChaosLock = { ...ONE, name: CLOSED, session: 2 };

/** What a run plays with: one at a time; two with groups; racks with few members at once; one that is closed to others; many at once; one that a Chef node takes too. */
export const LOCKS = [ONE, TWO, RACKS, WITH_CREDENTIALS, WIDE, WITH_CHEF];

/** Which lock a worker takes, by its number. */
const TURNS = [
  ...[ONE, TWO, RACKS, WITH_CHEF, TWO, RACKS],
  ...[WITH_CREDENTIALS, WIDE, WIDE, WIDE],
];

export function lockOf(worker: number): ChaosLock {
  return TURNS[worker % TURNS.length]!;
}

/** No safety re-check: a wake-up that is lost stays lost. */
export function requestOf(
  lock: ChaosLock,
  worker: number,
  more: Partial<LockRequest>,
): LockRequest {
  const turn = Math.floor(worker / TURNS.length);
  const perTurn = TURNS.filter((each) => each === lock).length;
  const before = TURNS.slice(0, worker % TURNS.length);
  const n = turn * perTurn + before.filter((each) => each === lock).length;
  return {
    root: ROOT,
    name: lock.name,
    group: lock.group(n),
    owner: { target: `host${worker}`, subject: lock.name },
    limits: lock.limits,
    ...(lock.chef ? { chef: lock.chef } : {}),
    facts: { run: "chaos", from: "chaos", action: "chaos" },
    timeout: 3600,
    maxWait: 3600,
    retryInterval: 0,
    ownerGrace: 0.2,
    onFailedHolder: "wait",
    settleTimeout: 120,
    ...more,
  };
}

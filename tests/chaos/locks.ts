import type { LockRequest, Limits } from "../../core/lock";

export const ROOT = "/chaos";

export interface ChaosLock {
  name: string;
  limits: Limits;
  /** Values of N that an operator sets meanwhile. */
  set?: number[];
  /** Of a worker, by its number. */
  group(worker: number): string;
}

/** Workers take the locks in turn: this counts those of one lock. */
const turn = (worker: number) => Math.floor(worker / 3);

/** What a run plays with: one at a time; two with groups; racks with few members at once. */
export const LOCKS: ChaosLock[] = [
  {
    name: "one",
    limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
    group: (worker) => `host${worker}`,
  },
  {
    name: "two",
    limits: { maxHolders: 2, maxPerGroup: null, maxFailures: 2 },
    set: [1, 2, 3],
    group: (worker) => `rack${turn(worker) % 4}`,
  },
  {
    name: "racks",
    limits: { maxHolders: 2, maxPerGroup: 2, maxFailures: 1 },
    group: (worker) => `rack${turn(worker) % 3}`,
  },
];

/** No safety re-check: a wake-up that is lost stays lost. */
export function requestOf(
  lock: ChaosLock,
  worker: number,
  more: Partial<LockRequest>,
): LockRequest {
  return {
    root: ROOT,
    name: lock.name,
    group: lock.group(worker),
    owner: { target: `host${worker}`, subject: lock.name },
    limits: lock.limits,
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

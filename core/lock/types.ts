import type {
  HistoryEntry,
  Hold,
  HolderFacts,
  HolderFailure,
  HolderRecord,
  Owner,
} from "./record-types";

import type { Stat } from "../zookeeper/replies";

export * from "./record-types";

/** How many may hold one lock, each from 1 to 1,000. They belong to the lock: a request with others gets an error. */
export interface Limits {
  /** Groups that may hold at once. */
  maxHolders: number;
  /** Holders of one group at once; `null`: no bound. */
  maxPerGroup: number | null;
  /** When so many holders are failed, nobody new is granted. */
  maxFailures: number;
}

/** The Chef cookbook's znode that is held together with the lock: docs/protocol.md §5.2, §5.5. */
export interface ChefMirror {
  root: string;
  name?: string;
  mode: "tagged" | "exact";
}

export interface LockRequest {
  /** Namespace of all locks, e.g. `/locked-action`. */
  root: string;
  name: string;
  /** The lock data: holders with equal data are one group and share one slot. */
  group: string;
  owner: Owner;
  limits: Limits;
  facts: HolderFacts;
  /** Seconds without any change of holders before giving up; 0: it tries once. */
  timeout: number;
  /** Seconds in all before giving up; 0: it tries once. */
  maxWait: number;
  /** Seconds between safety re-checks; 0 turns them off (tests of lost wake-ups). */
  retryInterval: number;
  /** Seconds that the owner of a failed or stale holder has to come back before `onFailedHolder` applies. */
  ownerGrace: number;
  onFailedHolder: "fail" | "wait";
  chef?: ChefMirror;
  /** Seconds to settle what is in doubt, and to release. @default 60 */
  settleTimeout?: number;
  /** Aborting it takes the waiter out of the queue; the reason is in the error. */
  signal?: AbortSignal;
  /** Told at each change and at each re-check while waiting. */
  onWait?: (wait: WaitReport) => void;
}

/** A holder, as it is read. */
export interface Member {
  id: string;
  path: string;
  slot: number;
  group: string;
  record: HolderRecord | null;
  /** A session of its run is there. */
  alive: boolean;
  stat: Stat;
}

/** Whether it counts against `maxFailures`, and keeps others out of its group. */
export function countsAsFailed({ record }: Pick<Member, "record">): boolean {
  return record?.state === "failed" || record?.state === "repairing";
}

/** A Chef lock that somebody else has than a holder of ours. */
export interface ChefHolder {
  /** Of the cookbook's znode. */
  path: string;
  /** What it contains: the fqdn of the Chef node, by default. */
  data: string;
  /** `chef`: a Chef node made it. `other`: we did, but no holder of this lock has it. */
  kind: "chef" | "other";
  /** Seconds since it was made, by ZooKeeper's stamp. */
  age: number;
  /** ISO 8601 */
  since: string;
  /** Transaction that made it: another one is another holder. */
  czxid: string;
  /** Of its data. */
  version: number;
}

/** A holder as others see it. */
export interface HolderView {
  /** Name of its znode: what `clear --holder` takes. */
  id: string;
  path: string;
  slot: number;
  group: string;
  record: HolderRecord | null;
  /** `live`: its session is there. `stale`: it is not, and nothing was said of a failure. */
  state: "live" | "stale" | "failed" | "repairing";
  /** Seconds since it took the lock, by ZooKeeper's own stamps where they can be had. */
  age: number;
  fencingToken: string;
}

export interface WaiterView {
  id: string;
  record: HolderRecord | null;
  age: number;
}

export interface WaitReport {
  /** 1 = next in the queue. */
  place: number;
  queued: number;
  holders: HolderView[];
  hold: Hold | null;
  /** Who has the Chef lock, if it is not one of the holders. */
  chef: ChefHolder | null;
  /** Seconds waited so far. */
  waited: number;
  /** Seconds until the wait is given up, if nothing changes. */
  left: number;
}

/** What there is to say of a lock that was given back. */
export interface Released {
  /** Path of the Chef lock that went with it and was gone or another's by then: it was left alone. */
  lostMirror: string | null;
}

/** A lock that is held. All its methods may be called over reconnects and new sessions. */
export interface Held {
  /** Path of the lock. */
  readonly lock: string;
  /** Path of the holder's znode. */
  readonly path: string;
  /** Name of the holder's znode. */
  readonly id: string;
  /** Decimal, strictly increasing over all grants of one ensemble. */
  readonly fencingToken: string;
  /** Seconds from the request to the grant. */
  readonly waited: number;
  /** The record that this holder took over from a stale or failed one of the same owner. */
  readonly adopted: HolderRecord | null;
  /** Seconds that the holder taken over had stood by then, by ZooKeeper's own stamps; null if there was none, or nobody knows. */
  readonly adoptedAge: number | null;
  /** Seconds since the grant. */
  held(): number;
  /** Changes own record (baseline, drained, acting) in ZooKeeper, and with it re-asserts: no `reassert` is needed right after it. @throws LockLost; ChefLockGone if it says that something begins */
  record(
    change: Partial<
      Pick<HolderRecord, "baseline" | "drained" | "acting" | "runKey">
    >,
  ): Promise<void>;
  /** Asks the quorum whether the lock is still ours; to be called right before each act. @throws LockLost, ChefLockGone */
  reassert(): Promise<void>;
  /** @throws LockLost if somebody cleared or adopted it, ReleaseInDoubt if no answer came in time */
  release(entry?: HistoryEntry): Promise<Released>;
  /** Keeps the lock, marked as failed. @throws LockLost, ReleaseInDoubt */
  fail(failure: HolderFailure, entry?: HistoryEntry): Promise<void>;
  /** Keeps the lock as it stands and stops using it (cancel in the middle of an act): it turns stale. */
  abandon(): Promise<void>;
}

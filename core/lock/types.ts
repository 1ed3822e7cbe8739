import type { ChefHolder } from "./chef-holder";
import type { Identity } from "../process/types";

/** How many may hold one lock. They belong to the lock: who comes with others gets an error. */
export interface Limits {
  /** Groups that may hold at once. */
  maxHolders: number;
  /** Holders of one group at once; `null`: no bound. */
  maxPerGroup: number | null;
  /** When so many holders are failed, nobody new is granted. */
  maxFailures: number;
}

/** Whose holder it is: the same in every run and every stack, so that a later run may adopt it. */
export interface Owner {
  /** The machine, as the user names it. */
  target: string;
  /** The service, else the process pattern, else the resource's URN. */
  subject: string;
}

/** The processes before an act, kept in the holder so that whoever adopts it can tell a restart. */
export interface Baseline {
  /** Identities of the processes (or the unit's invocation) before the act. */
  identities: Identity[];
  /** systemd's InvocationID of a watched unit. */
  invocationId?: string;
}

/** Why a holder failed: what others who are blocked by it get to read. Never command text or output. */
export interface HolderFailure {
  /** The step that failed: `act`, `verify`, `health`, `drain`, `undrain` … */
  step: string;
  /** The exit code of the step's command, if it had one. */
  exit?: number;
  /** One line for people. */
  reason: string;
  /** ISO 8601, the clock of the machine that ran the action. */
  at: string;
}

/** What is known of an attempt that waits or holds: the data of its znode. */
export interface HolderRecord extends Owner {
  v: 1;
  /** The lock data, as the slot has it. */
  group: string;
  /** Pulumi's URN of the resource; absent for `locked-action run`. */
  urn?: string;
  /** Random, one for each run of an action. */
  run: string;
  /** `user@machine`, and the URL of the CI job if there is one. */
  from: string;
  ci?: string;
  /** `restart hdfs-datanode`, or `command 3fa9…` (a hash, never the text). */
  action: string;
  /** Hash of triggers and action: product.md §3. */
  runKey?: string;
  /** ISO 8601: when this attempt began. */
  since: string;
  /** `repairing`: adopted from a failed holder and counted as failed until it is released. */
  state: "held" | "repairing" | "failed";
  failure?: HolderFailure;
  baseline?: Baseline;
  /** The drain command has been run and undrain is owed. */
  drained?: boolean;
  /** An act was begun: its remote deadline in seconds, for who adopts a holder on a host without guard. */
  acting?: { run: string; since: string; deadline: number };
  /** Path of the Chef mirror that goes with the slot: whoever frees the slot deletes it too. */
  mirror?: string;
  /** It is one of a fleet that one resource rolls. */
  roll?: boolean;
  /** It stands for the others of its roll. */
  canary?: boolean;
}

/** What the caller gives of its record; the lock adds the rest. */
export type HolderFacts = Pick<
  HolderRecord,
  "urn" | "run" | "from" | "ci" | "action" | "runKey" | "roll" | "canary"
>;

/** The Chef cookbook's znode that is held together with the lock: lock.md §5. */
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
  /** Seconds without any change of holders before giving up. */
  timeout: number;
  /** Seconds in all before giving up. */
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

/** An operator's stop: nobody new is granted while it stands. */
export interface Hold {
  why: string;
  by: string;
  /** ISO 8601 */
  since: string;
}

/** One finished action or act of an operator, kept beside the lock. */
export interface HistoryRecord {
  v: 1;
  /** ISO 8601 */
  at: string;
  kind:
    | "acted"
    | "alreadyRestarted"
    | "recorded"
    | "failed"
    | "cleared"
    | "hold"
    | "unhold"
    | "limits"
    | "roll";
  by: string;
  target?: string;
  subject?: string;
  urn?: string;
  run?: string;
  ci?: string;
  action?: string;
  runKey?: string;
  holder?: string;
  fencingToken?: string;
  /** Seconds. */
  waited?: number;
  held?: number;
  before?: Identity[];
  after?: Identity[];
  step?: string;
  exit?: number;
  reason?: string;
  /** A part of a roll; for `kind: "roll"`, its end. */
  roll?: boolean;
  canary?: boolean;
}

/** What the caller says of a finished action; the lock adds who, when and which. */
export type HistoryEntry = Pick<HistoryRecord, "kind"> &
  Partial<Omit<HistoryRecord, "v" | "at" | "kind">>;

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
  /** Changes own record (baseline, drained, acting) in ZooKeeper, and with it re-asserts: no `reassert` is needed right after it. @throws LockLost */
  record(
    change: Partial<
      Pick<HolderRecord, "baseline" | "drained" | "acting" | "runKey">
    >,
  ): Promise<void>;
  /** Asks the quorum whether the lock is still ours; to be called right before each act. @throws LockLost */
  reassert(): Promise<void>;
  /** @throws LockLost if somebody cleared or adopted it, ReleaseInDoubt if no answer came in time */
  release(entry?: HistoryEntry): Promise<Released>;
  /** Keeps the lock, marked as failed. @throws LockLost, ReleaseInDoubt */
  fail(failure: HolderFailure, entry?: HistoryEntry): Promise<void>;
  /** Keeps the lock as it stands and stops using it (cancel in the middle of an act): it turns stale. */
  abandon(): Promise<void>;
}

import type { ChildrenReply } from "../zookeeper/replies";
import type { Session } from "../zookeeper/session";
import type { Change } from "../zookeeper/watches";
import type { ChefHolder } from "./chef-holder";
import { Asking } from "./asking";
import { enter } from "./company";
import {
  attemptId,
  lockPath,
  ownerKey,
  pathsOf,
  type LockPaths,
} from "./paths";
import { mirrorPath } from "./mirror";
import type { LockData } from "./records";
import { leaveQueue } from "./line";
import type { Step } from "./step";
import type { HolderRecord, LockRequest } from "./types";

/** L as it was read: `version` guards every grant. */
export interface KnownLock extends LockData {
  version: number;
  data: Buffer;
}

/** A grant whose answer was lost: lock.md calls it gd. */
export interface Doubt {
  /** u */
  path: string;
  slot: number;
  /** L as the grant named it, for the poison. */
  lock: KnownLock;
  record: HolderRecord;
  adopted: HolderRecord | null;
}

/** One way to the lock, from the request to the grant or to the end of patience. */
export class Attempt extends Asking {
  readonly paths: LockPaths;
  /** ok */
  readonly key: string;
  /** To be called when neither it nor its holder is there any more. */
  leave: () => void = () => {};
  readonly since = new Date().toISOString();
  readonly startedAt = performance.now();
  /** Names its waiter and its holder; new with each session. */
  id = "";
  /** Own waiter, once its name is known. */
  waiter: string | null = null;
  /** A waiter may have been created. */
  queued = false;
  doubt: Doubt | null = null;
  /** L as named by a grant that was ever in doubt: a late copy of it may still come. */
  everInDoubt: KnownLock | null = null;
  /** L as known before the last EVAL; never a newer one. */
  lock: KnownLock | null = null;
  limits: LockRequest["limits"];
  /** Others than ours made this attempt wait: the fast path would fail again. */
  waited = false;
  first = false;
  /** The waiter right before, as last seen. */
  ahead: string | null = null;
  /** The slots as last seen, each with whoever may be in it. */
  slots: ChildrenReply[] = [];
  /** In the queue, as last seen; 1 is next. */
  place = 1;
  queueLength = 1;
  /** When the owner of whoever blocks has had its time to come back: `performance.now()`. */
  graceEnds = Infinity;
  /** When our waiter arrived: by ZooKeeper's clock in ms, and `performance.now()`. */
  arrival: number | null = null;
  queuedAt = 0;
  /** Slots that are free as soon as this holder's node is gone. */
  shortcut = new Map<string, number>();
  /** Something changed since the last look. */
  dirty = false;
  /** Nodes that are gone, and holders whose live node is. */
  vanished: string[] = [];
  wake: (() => void) | null = null;
  /** A release of this process has taken our grant along. */
  passed: Promise<Step> | null = null;
  watcher: (path: string, change: Change) => void = () => {};
  /** Holders as last seen: another set is progress. */
  private holderIds: string | null = null;
  private chefSeen: string | null = null;

  constructor(session: Session, request: LockRequest) {
    super(session, request);
    this.paths = pathsOf(lockPath(request.root, request.name));
    this.key = ownerKey(this.paths.lock, request.owner);
    this.limits = request.limits;
    this.restart();
  }

  /** From the start, under a new name: nothing of the old one counts any more. */
  restart(): void {
    this.session.unwatch(this.watcher);
    leaveQueue(this);
    this.id = attemptId(this.key);
    this.epoch = this.session.epoch;
    this.waiter = null;
    this.queued = false;
    this.doubt = null;
    this.first = false;
    this.ahead = null;
    this.slots = [];
    this.lock = null;
    this.arrival = null;
    this.look();
    const id = this.id;
    this.watcher = (path, change) => {
      if (this.id !== id) return;
      this.dirty = true;
      if (change !== "changed") this.vanished.push(path);
      this.wake?.();
    };
  }

  /** It is about to ask for the lock, and is in the others' company from then on. */
  enter(): void {
    this.leave();
    this.leave = enter(this.session, this.paths.lock);
  }

  /** Before a look at the lock: what happens from here on is news. */
  look(): void {
    this.dirty = false;
    this.vanished = [];
    this.shortcut.clear();
    this.graceEnds = Infinity;
  }

  /** u, in a slot. */
  holderPath(slot: number): string {
    return `${this.paths.holders}/${slot}/${this.id}`;
  }

  slotPath(slot: number): string {
    return `${this.paths.holders}/${slot}`;
  }

  waiterPath(name: string): string {
    return `${this.paths.waiters}/${name}`;
  }

  record(): HolderRecord {
    const { request } = this;
    return {
      v: 1,
      group: request.group,
      ...request.owner,
      ...request.facts,
      since: this.since,
      state: "held",
      ...(request.chef && { mirror: mirrorPath(request.chef, request.name) }),
    };
  }

  /** Tells patience when the set of holders is another one. */
  notice(ids: string[]): void {
    const now = ids.sort().join();
    if (this.holderIds !== null && this.holderIds !== now)
      this.patience.progress();
    this.holderIds = now;
  }

  /** The same for the Chef lock: another holder of it is progress too. */
  noticeChef(chef: ChefHolder | null): void {
    if (!chef) return;
    if (this.chefSeen !== null && this.chefSeen !== chef.czxid)
      this.patience.progress();
    this.chefSeen = chef.czxid;
  }
}

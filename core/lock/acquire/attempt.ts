import type { Session } from "../../zookeeper/session";
import type { Change } from "../../zookeeper/watches";
import { mirrorPath } from "../chef/mirror";
import type { LocalView, Offer } from "../local/view";
import { localView } from "../local/views";
import {
  attemptId,
  lockPath,
  ownerKey,
  pathsOf,
  RANDOM_BYTES,
  type LockPaths,
} from "../tree/paths";
import type { LockState } from "../tree/records";
import type { Slots } from "../tree/slots";
import type { FromQueue, NewHolder } from "../tree/transactions";
import type { HolderRecord, LockRequest } from "../types";
import { Asking } from "./asking";
import { Attention } from "./attention";
import type { Doubt } from "./step";

/** Where it stands in the queue, as last seen. */
export interface Place {
  /** Nobody is before it: it alone may grant itself the lock. */
  first: boolean;
  /** Name of the waiter right before; null: none, or not known. */
  ahead: string | null;
  /** 1 is next. */
  number: number;
  /** How many wait. */
  of: number;
}

const NO_PLACE: Place = { first: false, ahead: null, number: 1, of: 1 };

/** One way to the lock, from the request to the grant or to the end of patience. */
export class Attempt extends Asking {
  readonly paths: LockPaths;
  /** ok: the same for each attempt of its owner. */
  readonly key: string;
  readonly since: string;
  readonly startedAt: number;
  /** What this process knows of the lock over the session of this attempt's epoch. */
  view!: LocalView<Attempt>;
  /** Names its waiter and its holder; new with each session. */
  id = "";
  /** Name of its own waiter, once that is known to be the only one. */
  waiter: string | null = null;
  /** A waiter may have been created: from then on each grant names it. */
  queued = false;
  place: Place = NO_PLACE;
  /** When its waiter was created: `System.now()`. */
  queuedAt = 0;
  /** A grant whose answer was lost, until it is settled. */
  doubt: Doubt | null = null;
  /** L as named by a grant that was ever in doubt: a late copy of it may still come, whatever was settled. */
  everInDoubt: LockState | null = null;
  /** L as known before the last look at the holders; never a newer one (EVAL-VERSION). */
  lock: LockState | null = null;
  /** Those that it goes by: of the request, or of L for an owner that comes back for its holder. */
  limits: LockRequest["limits"];
  /** Others than those of this process made it wait. */
  waited = false;
  /** Who may hold, as it saw when it was first: others can only have left since. */
  slots: Slots = new Map();
  attention = new Attention();
  /** What it adds to the release of a holder, if it waits for nothing else. */
  offer: (holder: string) => Offer | null = () => null;
  watcher: (path: string, change: Change) => void = () => {};

  constructor(session: Session, request: LockRequest) {
    super(session, request);
    this.paths = pathsOf(lockPath(request.root, request.name));
    this.key = ownerKey(this.paths.lock, request.owner);
    this.limits = request.limits;
    this.since = new Date(session.system.date()).toISOString();
    this.startedAt = session.system.now();
    this.restart();
  }

  /** From the start, under a new name: nothing of the old one counts any more. */
  restart(): void {
    const { session } = this;
    session.unwatch(this.watcher);
    this.view?.leave(this);
    this.view = localView(session, this.paths.lock);
    this.id = attemptId(this.key, session.system.random(RANDOM_BYTES));
    this.epoch = session.epoch;
    this.waiter = null;
    this.queued = false;
    this.place = NO_PLACE;
    this.doubt = null;
    this.lock = null;
    this.slots = new Map();
    const attention = new Attention();
    this.attention = attention;
    this.watcher = (path, change) => {
      if (this.attention === attention) attention.event(path, change);
    };
  }

  /** Neither it nor its holder is there any more. */
  leave(): void {
    this.view.leave(this);
  }

  get ahead(): string | null {
    return this.place.ahead;
  }

  /** Of the same owner. */
  isOwn(name: string): boolean {
    return name.startsWith(`${this.key}-`);
  }

  slotPath(slot: number): string {
    return `${this.paths.holders}/${slot}`;
  }

  /** u, in a slot. */
  holderPath(slot: number): string {
    return `${this.slotPath(slot)}/${this.id}`;
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

  /** The holder that a grant of this attempt makes. */
  newHolder(slot: number, record = this.record()): NewHolder {
    const { paths, id, session } = this;
    return { paths, slot, id, record, liveName: session.liveName };
  }

  /** What names it in a grant by the queue. */
  fromQueue(): FromQueue {
    const { version } = this.lock!;
    return { version, waiter: this.waiterPath(this.waiter!) };
  }
}

/**
 * What this process knows of one lock without asking: docs/protocol.md §3.6.
 *
 * One door: all of it is in this class. It does no I/O and reads no clock. All
 * of it saves questions and nothing else: whatever is forgotten is asked again,
 * and every grant proves itself in its own transaction. Two things are apart:
 *
 * - **seen**: what ZooKeeper has answered. Only that is ever told as a fact.
 * - **sent**: a grant that is under way. Nothing is concluded from it before its
 *   answer; an heir waits for that.
 *
 * A view is of one session: with a new one there is a new view, and answers to
 * the old session reach only the old view, which nobody asks any more.
 */
import type { Operation } from "../../zookeeper/operations";
import type { MultiReply } from "../../zookeeper/replies";
import type { LockState } from "../tree/records";
import { idsIn, type Slots } from "../tree/slots";

/** What does not change of a holder under one version of L (EVAL-VERSION): FAIL writes L, an adopter is a new holder. */
export interface Fact {
  group: string;
  /** It counts against `maxFailures`. */
  failed: boolean;
}

/** What a waiter knew when it was granted: L, and who may hold. */
export interface Snapshot {
  lock: LockState;
  slots: Slots;
}

/** What the next waiter adds to the transaction of a release. */
export interface Offer {
  operations: Operation[];
  /** To be called in the tick that sends it, with the answer to it all. */
  sent(joint: Promise<MultiReply>): void;
}

/** Somebody of this process who asks for the lock or holds it. */
export interface Contender {
  /** Name of its waiter, once that is known. */
  readonly waiter: string | null;
  /** Name of the waiter right before it; null: none. */
  readonly ahead: string | null;
  /** What it adds to the release of this holder; null: nothing. */
  readonly offer: (holder: string) => Offer | null;
}

/** A grant whose answer is awaited. To be told exactly one of the two. */
export interface SentGrant {
  granted(fact: Fact): void;
  refused(): void;
}

/** Holders remembered as gone: a forgotten one is asked for. */
const MOST_GONE = 1000;
/** Holders remembered as stale: a forgotten one's time begins anew. */
const MOST_STALE = 1000;

export class LocalView<C extends Contender = Contender> {
  /** L as last read, for as long as the watch that the read left is silent. */
  private known: LockState | null = null;
  /** Under this version of L each of `facts` was true: of a read that was sent when it was known, or of a grant that named it. */
  private version = -1;
  private facts = new Map<string, Fact>();
  /** Holders that ZooKeeper said are removed. A holder's name never comes again. */
  private readonly gone = new Set<string>();
  /** Children of W that are no waiters of anybody: persistent. */
  private readonly foreign = new Set<string>();
  /** Who asks or holds: entered before its first request, until nothing of it is there. */
  private readonly present = new Set<C>();
  /** Each whose place was seen, by the waiter right before it; "" before the first. Nobody comes between, for numbers rise. */
  private readonly behind = new Map<string, C>();
  /** The first waiter of all, if it is here, and who may hold as it saw: nobody else can have been granted since. */
  private head: { contender: C; slots: Slots } | null = null;
  /** The last grant by the queue that was sent from here; `left`: what its heir goes by, null if it was refused. */
  private grant: { waiter: string; left: Promise<Snapshot | null> } | null =
    null;
  /** The last attempt from here had to wait for others. */
  private contended = false;
  private readonly stale = new Map<string, number>();

  get lock(): LockState | null {
    return this.known;
  }

  /** L was read by a request that left a watch which calls `lockChanged`. */
  lockRead(lock: LockState): void {
    this.known = lock;
  }

  lockChanged(): void {
    this.known = null;
  }

  enter(contender: C): void {
    this.present.add(contender);
  }

  leave(contender: C): void {
    this.present.delete(contender);
    this.displaced(contender);
  }

  contenders(): readonly C[] {
    return [...this.present];
  }

  /** Whether FAST would most likely fail: a guess, and no more. */
  isBusy(asking: C): boolean {
    if (this.contended) return true;
    for (const contender of this.present) if (contender !== asking) return true;
    return false;
  }

  /** An attempt is over: whether it had to wait for others than those of this process. */
  waited(forOthers: boolean): void {
    this.contended = forOthers;
  }

  /** Its place was seen: right behind `ahead`. */
  placed(contender: C): void {
    this.behind.set(contender.ahead ?? "", contender);
  }

  /** It has the lock, waits no more, or begins anew. To be called before its place changes. */
  displaced(contender: C): void {
    const key = contender.ahead ?? "";
    if (this.behind.get(key) === contender) this.behind.delete(key);
    if (this.head?.contender === contender) this.head = null;
  }

  /** Whether anybody of this process has a place in the queue. */
  hasPlaces(): boolean {
    return this.behind.size > 0;
  }

  /** It is first, and these may hold. */
  leads(contender: C, slots: Slots): void {
    this.head = { contender, slots };
  }

  /** The first waiter, if it is here and has looked at the holders. */
  leader(): C | null {
    return this.head?.contender ?? null;
  }

  /**
   * Who may hold, if the head of the queue is known here (HEAD-KNOWN): only the
   * first waiter grants, so nobody holds but those whom it saw. Null: to be listed.
   */
  async holdersBefore(head: string): Promise<Slots | null> {
    if (this.head?.contender.waiter === head)
      return this.without(this.head.slots);
    const { grant } = this;
    if (!grant || this.behind.get(grant.waiter)?.waiter !== head) return null;
    const left = await grant.left;
    return left && this.without(left.slots);
  }

  /**
   * A grant by the queue is being sent; what its heir may go by once it is
   * granted. To be called in the tick that sends it.
   */
  grantSent(waiter: string, holder: string, left: Snapshot): SentGrant {
    let settle: (left: Snapshot | null) => void = () => {};
    this.grant = { waiter, left: new Promise((done) => (settle = done)) };
    return {
      granted: (fact) => {
        this.learn(left.lock.version, holder, fact);
        settle(left);
      },
      refused: () => settle(null),
    };
  }

  /**
   * What the waiter right before this one leaves, if it was of this process and
   * has been granted (HEIR-NEXT): then this one is first, and nobody else can
   * have come to hold. Null: all is looked at.
   */
  async inherited(heir: C): Promise<Snapshot | null> {
    const { grant } = this;
    if (heir.ahead === null || grant?.waiter !== heir.ahead) return null;
    const left = await grant.left;
    return left && { lock: left.lock, slots: this.without(left.slots) };
  }

  /** What is known of a holder under this version of L. */
  fact(version: number, holder: string): Fact | undefined {
    return version === this.version ? this.facts.get(holder) : undefined;
  }

  /** Seen under a version of L that was known before the request was sent. */
  learn(version: number, holder: string, fact: Fact): void {
    if (version !== this.version) {
      this.version = version;
      this.facts = new Map();
    }
    this.facts.set(holder, fact);
  }

  /** Those who hold were seen: facts of others are of no use any more. */
  onlyThese(holders: readonly string[]): void {
    if (this.facts.size <= holders.length) return;
    const there = new Set(holders);
    for (const id of this.facts.keys())
      if (!there.has(id)) this.facts.delete(id);
  }

  /** ZooKeeper said that this holder is removed. */
  holderGone(holder: string): void {
    if (this.gone.size >= MOST_GONE) this.gone.clear();
    this.gone.add(holder);
    this.facts.delete(holder);
  }

  private without(slots: Slots): Slots {
    if (!idsIn(slots).some((id) => this.gone.has(id))) return slots;
    const left = new Map<number, readonly string[]>();
    for (const [slot, ids] of slots) {
      const there = ids.filter((id) => !this.gone.has(id));
      // its slot went in the same transaction, or has to be looked at
      if (there.length > 0 || ids.length === 0) left.set(slot, there);
    }
    return left;
  }

  isForeign(waiter: string): boolean {
    return this.foreign.has(waiter);
  }

  /** A child of W was seen to be persistent: it stays so. */
  foreignSeen(waiter: string): void {
    this.foreign.add(waiter);
  }

  /** When this holder was first seen without its run, or failed: its owner's time runs from then. */
  staleSince(what: string, now: number): number {
    if (this.stale.size > MOST_STALE) this.stale.clear();
    const since = this.stale.get(what) ?? now;
    this.stale.set(what, since);
    return since;
  }

  /** Its run is back. */
  alive(what: string): void {
    this.stale.delete(what);
  }

  /** All that only saves questions. */
  forget(): void {
    this.known = null;
    this.facts = new Map();
    this.version = -1;
    this.gone.clear();
    this.foreign.clear();
    this.head = null;
    this.grant = null;
    this.contended = false;
  }
}

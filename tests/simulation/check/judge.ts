import type { Decision, Ensemble, Transaction } from "../zookeeper";
import { Deeds } from "./deeds";
import type { Waiting } from "./waiting";
import {
  emptyState,
  follow,
  isFailed,
  type Holder,
  type LockState,
} from "./lock-state";
import { checkTransaction, snapshot } from "./transactions";

export interface Violation {
  rule: string;
  what: string;
  /** Virtual milliseconds. */
  time: number;
}

/** Who does what when nothing happens any more. */
export interface AtRest {
  waiting: Waiting[];
  /** Holders that are somebody's still. */
  holding: string[];
  /** Names of the processes. */
  alive: Set<string>;
}

/** Follows one lock at the leader, and holds each transaction to the guarantees. */
export class Judge {
  readonly deeds = new Deeds();
  readonly state: LockState = emptyState();
  readonly violations: Violation[] = [];
  /** When each holder went: virtual milliseconds. */
  readonly gone = new Map<string, number>();
  /** Holders that were made anew, and not by an adoption. */
  private readonly fresh = new Set<string>();
  /** The transaction of each grant. */
  readonly granted = new Map<string, number>();

  private readonly holders: string;
  /** When the Chef lock was ours last: virtual milliseconds. */
  private mirrorOursAt = -1;
  /** Of the Chef lock: its version at the leader; null: it is not there. */
  private mirrorVersion: number | null = null;

  constructor(
    private readonly ensemble: Ensemble,
    readonly lock: string,
    /** Path of the Chef lock that goes with it. */
    private readonly mirror: string | null = null,
  ) {
    this.holders = `${lock}/holders`;
    ensemble.observers.push((transaction, decision) =>
      this.see(transaction, decision),
    );
  }

  readonly report = (rule: string, what: string): void => {
    const { now: time } = this.ensemble.world;
    this.violations.push({ rule, what, time });
  };

  private see(transaction: Transaction, decision: Decision | null): void {
    const { session, changes } = transaction;
    const known = this.ensemble.sessions.get(session);
    if (known) this.deeds.session(session, known.by);
    if (changes.length === 0) return;
    const { lock, holders } = this;
    const grants = changes.some(
      ({ path }) => path === lock || path.startsWith(holders),
    );
    if (!grants) {
      // waiters that come and go, history, Chef: nothing of what holds is changed
      const { misplaced } = follow(this.state, lock, transaction);
      for (const what of misplaced) this.report("outlives its session", what);
      if (this.mirror !== null) this.followMirror(transaction, []);
      return;
    }
    const was = snapshot(this.state);
    const doing = follow(this.state, this.lock, transaction);
    if (this.mirror !== null) this.followMirror(transaction, doing.created);
    for (const { id } of doing.removed) this.gone.set(id, this.now);
    for (const { id, zxid, owner } of doing.created) {
      this.granted.set(id, zxid);
      if (!doing.removed.some((each) => each.owner === owner))
        this.fresh.add(id);
    }
    checkTransaction(
      { was, is: this.state, doing, decision, transaction },
      this.lock,
      this.deeds,
      this.report,
    );
  }

  /** Whether the Chef lock that goes with a holder was ours at some moment since. */
  hadChefSince(id: string, time: number): boolean {
    if (this.state.holders.get(id)?.record?.mirror !== this.mirror) return true;
    return this.mirrorVersion === 1 || this.mirrorOursAt >= time;
  }

  /** Nobody is granted beside Chef, nor Chef beside a holder. */
  private followMirror({ changes }: Transaction, granted: Holder[]): void {
    const before = this.mirrorVersion;
    for (const { kind, path } of changes) {
      if (path !== this.mirror) continue;
      if (this.mirrorVersion === 1) this.mirrorOursAt = this.now;
      if (kind === "create") this.mirrorVersion = 0;
      else if (kind === "delete") this.mirrorVersion = null;
      else this.mirrorVersion = this.mirrorVersion! + 1;
    }
    const { mirror, mirrorVersion: now } = this;
    const goes = ({ record }: Holder) => record?.mirror === mirror;
    for (const holder of granted)
      if (goes(holder) && now !== 1)
        this.report("granted without the Chef lock", holder.id);
    if (now !== 0 || before === 0 || this.deeds.chefByHand) return;
    for (const holder of this.state.holders.values())
      if (goes(holder)) this.report("Chef beside a holder", holder.id);
  }

  get now(): number {
    return this.ensemble.world.now;
  }

  /** Whether a holder stood there at some moment since. */
  stoodSince(id: string, time: number): boolean {
    return this.state.holders.has(id) || (this.gone.get(id) ?? -1) >= time;
  }

  /** Nothing happens any more: nobody sleeps that could go on, and each holder looks as it is. */
  checkRest({ waiting, holding, alive }: AtRest): void {
    const { state, deeds, report } = this;
    for (const { id, lives } of state.holders.values())
      if (deeds.over.has(id) && lives.size > 0)
        report("looks alive", `${id}: ${[...lives].join()}`);
    for (const id of holding)
      if (state.holders.get(id)?.lives.size === 0) report("seems dead", id);
    this.checkUntold(waiting, alive);
    // who asks with other limits than L's is not granted, but told
    const asks = state.limits && !state.hold && !deeds.otherLimits;
    let first = true;
    for (const { name, owner } of state.waiters.values()) {
      const own = waiting.filter((each) => each.owner === owner);
      const [one] = own;
      const sleeps = own.length > 0 && own.every((each) => each.sleeps);
      if (
        asks &&
        sleeps &&
        this.couldGo({ owner, ...this.recordOf(name) }, first)
      )
        report("lost wake-up", `${one!.who} with ${name}`);
      if (!one && !deeds.byHand)
        report("left behind", `waiter ${name} of nobody who waits`);
      first = false;
    }
  }

  /** What nobody was told of has been given back; what was adopted stands as it was. */
  private checkUntold(waiting: Waiting[], alive: Set<string>): void {
    const { state, deeds, report, fresh } = this;
    for (const { id, owner, session, lives } of state.holders.values()) {
      if (deeds.told.has(id) || !alive.has(deeds.processOf(session)!)) continue;
      if (waiting.some((each) => each.owner === owner)) continue;
      if (fresh.has(id) || lives.size > 0) report("granted to nobody", id);
    }
  }

  /** As its waiter says: one owner may ask with several. */
  private recordOf(waiter: string): { group: string; mirror?: string } {
    const path = `${this.lock}/waiters/${waiter}`;
    const { data } = this.ensemble.leader.tree.get(path)!;
    return JSON.parse(data.toString()) as { group: string; mirror?: string };
  }

  /** Whether a waiter could take over what its owner left; or, as the first, take a slot or join its group. */
  private couldGo(
    { owner, group, mirror }: { owner: string; group: string; mirror?: string },
    first: boolean,
  ): boolean {
    const { limits, holders, slots } = this.state;
    const all = [...holders.values()];
    const own = all.filter((holder) => holder.owner === owner);
    if (own.length > 0) {
      const wanted = mirror ?? own[0]!.record?.mirror;
      const mates = all.filter((each) => each.owner !== owner);
      // beside a mate that names another Chef lock, or none, an adoption waits
      const waits = mates.some(
        (mate) =>
          mate.group === group && wanted && mate.record?.mirror !== wanted,
      );
      return (
        !waits &&
        own.every((each) => each.lives.size === 0 && each.group === group)
      );
    }
    if (!first) return false;
    if (all.filter(isFailed).length >= limits!.maxFailures) return false;
    const members = all.filter((holder) => holder.group === group);
    // all in a slot have the same Chef lock, or none
    if (members.some(({ record }) => record?.mirror !== mirror)) return false;
    if (members.length === 0) return slots.size < limits!.maxHolders;
    return (
      !members.some(isFailed) &&
      members.length < (limits!.maxPerGroup ?? Infinity)
    );
  }

  /** Everybody has gone: nothing of anybody is left. */
  checkEmpty(): void {
    const { slots, holders, waiters } = this.state;
    if (!this.deeds.byHand)
      for (const slot of slots.keys())
        this.report("left behind", `slot ${slot}`);
    for (const id of holders.keys()) this.report("left behind", `holder ${id}`);
    for (const name of waiters.keys())
      this.report("left behind", `waiter ${name}`);
    if (this.mirrorVersion !== null && this.mirrorVersion > 0)
      this.report("left behind", "the Chef lock");
  }
}

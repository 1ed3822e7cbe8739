import type { Decision, Transaction } from "../zookeeper";
import type { Deeds } from "./deeds";
import {
  isFailed,
  type Doing,
  type Holder,
  type LockState,
} from "./lock-state";

export type Report = (rule: string, what: string) => void;

/** How the lock stood before a transaction, as far as grants need it. */
export interface Before {
  hold: boolean;
  limits: LockState["limits"];
  holders: Map<string, Holder & { failed: boolean; alive: boolean }>;
  waiters: string[];
  slots: number;
}

export function snapshot(state: LockState): Before {
  const holders = new Map(
    [...state.holders].map(([id, holder]) => [
      id,
      {
        ...holder,
        failed: isFailed(holder),
        alive: holder.lives.size > 0,
      },
    ]),
  );
  return {
    hold: state.hold,
    limits: state.limits,
    holders,
    waiters: [...state.waiters.keys()],
    slots: state.slots.size,
  };
}

/** One transaction at the leader, and the lock before and after it. */
export interface Moment {
  was: Before;
  is: LockState;
  doing: Doing;
  /** Null: a session began or ended. */
  decision: Decision | null;
  transaction: Transaction;
}

/** Holds one transaction at the leader to the guarantees. */
export function checkTransaction(
  { was, is, doing, decision, transaction }: Moment,
  lock: string,
  deeds: Deeds,
  report: Report,
): void {
  for (const what of doing.misplaced) report("outlives its session", what);
  checkState(is, deeds, report);
  if (doing.created.length > 1)
    report("two grants in one", doing.created.map(({ id }) => id).join());
  for (const holder of doing.created) {
    checkNamed(decision, lock, holder, report);
    const { id, group, record } = holder;
    if (record && record.group !== group)
      report("in another group's slot", `${id}: ${record.group} in ${group}`);
    const old = doing.removed.find(({ owner }) => owner === holder.owner);
    if (old) checkAdoption(was, old, holder, report);
    else checkGrant(was, is, doing, holder, report);
  }
  checkRemovals(doing, transaction, deeds, report);
  checkRecords(doing, report);
  // a late one of a session that was given up goes with it (LAST-RELIVE): at rest none is left
  for (const { holder, name, session } of doing.revived)
    if (deeds.over.has(holder.id) && deeds.isLatest(session))
      report("looks alive", `${holder.id} is over, and ${name} came`);
  checkFailures(was, is, doing, report);
  if (doing.lockWritten) checkTerms(was, is, decision, deeds, report);
}

/** What must hold at every moment. */
function checkState(is: LockState, deeds: Deeds, report: Report): void {
  const { limits, slots, holders } = is;
  if (!limits) return;
  const { maxHolders, maxPerGroup } = limits;
  const used = [...slots.keys()];
  if (used.length > maxHolders || used.some((slot) => slot >= maxHolders))
    report("too many groups", `slots ${used.join()} of ${maxHolders}`);
  const groups = new Map<string, number>();
  const inUse = new Set([...holders.values()].map(({ slot }) => slot));
  for (const [slot, group] of slots) {
    // emptied by hand: nobody holds there
    if (deeds.byHand && !inUse.has(slot)) continue;
    const other = groups.get(group);
    if (other !== undefined)
      report("a group in two slots", `${group} in ${other} and ${slot}`);
    groups.set(group, slot);
  }
  const owners = new Set<string>();
  const members = new Map<number, number>();
  for (const { owner, id, slot } of holders.values()) {
    if (owners.has(owner)) report("an owner twice", id);
    owners.add(owner);
    members.set(slot, (members.get(slot) ?? 0) + 1);
  }
  if (!deeds.byHand)
    for (const slot of used)
      if (!members.has(slot)) report("an empty slot", String(slot));
  for (const [slot, count] of members)
    if (count > (maxPerGroup ?? Infinity))
      report("too many of a group", `${count} in slot ${slot}`);
}

/** A grant names L's version, or a hold and a failure would come too late for it. */
function checkNamed(
  decision: Decision | null,
  lock: string,
  { id }: Holder,
  report: Report,
): void {
  const named = decision?.writes.some(
    (write) =>
      write.path === lock &&
      (write.kind === "check" || write.kind === "set") &&
      write.version >= 0,
  );
  if (!named) report("granted without naming L", id);
}

function checkGrant(
  was: Before,
  is: LockState,
  { removed, left }: Doing,
  holder: Holder,
  report: Report,
): void {
  const { id, group } = holder;
  if (was.hold) report("granted on hold", id);
  const gone = new Set(removed.map((each) => each.id));
  const failed = [...was.holders.values()].filter(
    (each) => each.failed && !gone.has(each.id),
  );
  if (failed.length >= (is.limits?.maxFailures ?? 1))
    report("granted past failures", `${id} beside ${failed[0]!.id}`);
  if (failed.some((each) => each.group === group))
    report("joined a failed member", id);
  const [next] = was.waiters;
  const mine = left.find(({ owner }) => owner === holder.owner);
  if (mine ? mine.name !== next : next !== undefined)
    report("not the first in the queue", `${id} before ${next}`);
}

function checkAdoption(
  was: Before,
  old: Holder,
  holder: Holder,
  report: Report,
): void {
  const before = was.holders.get(old.id);
  if (!before) return;
  if (was.hold) report("granted on hold", holder.id);
  if (before.alive) report("adopted a live holder", old.id);
  if (before.failed && !isFailed(holder))
    report("adopted as if it had not failed", old.id);
  const lost = lostKeys(before.record, holder.record);
  if (lost)
    report("an adoption lost what was recorded", `${lost} of ${old.id}`);
}

const KEPT = ["baseline", "drained", "acting", "runKey", "mirror"] as const;

/** What a record says no more; the key of the run, which only counts up here, must not go back. */
function lostKeys(
  before: Holder["record"],
  after: Holder["record"],
): string | null {
  if (!before) return null;
  const lost = KEPT.filter(
    (key) => before[key] !== undefined && after?.[key] === undefined,
  );
  if (Number(before.runKey ?? 0) > Number(after?.runKey ?? 0))
    lost.push("runKey");
  return lost.length > 0 ? lost.join() : null;
}

/** A holder goes by its own release, by its owner's adoption, by an operator: by nothing else. */
function checkRemovals(
  { removed, created }: Doing,
  { session, ends }: Transaction,
  deeds: Deeds,
  report: Report,
): void {
  for (const holder of removed) {
    const { id, owner } = holder;
    if (ends) report("freed by a crash", id);
    if (deeds.byHand || deeds.clearing.has(id)) continue;
    if (created.some((each) => each.owner === owner)) continue;
    const own = deeds.processOf(session) === deeds.processOf(holder.session);
    // a grant that came too late is put back by who was never told of it
    if (own && (deeds.releasing.has(id) || !deeds.told.has(id))) continue;
    report("freed by somebody else", id);
  }
}

function checkRecords({ written }: Doing, report: Report): void {
  for (const { holder, before } of written) {
    const lost = lostKeys(before, holder.record);
    if (lost) report("a record went back", `${lost} of ${holder.id}`);
    const states = { held: 0, repairing: 1, failed: 1 };
    if (!before || !holder.record) continue;
    if (states[holder.record.state] < states[before.state])
      report("a failure was undone", holder.id);
    if (before.state === "failed" && holder.record.state !== "failed")
      report("a failure was undone", holder.id);
  }
}

/** A failure changes L, or a grant in flight would not know of it. */
function checkFailures(
  was: Before,
  is: LockState,
  doing: Doing,
  report: Report,
): void {
  if (doing.lockWritten) return;
  for (const holder of is.holders.values()) {
    const before = was.holders.get(holder.id);
    if (before && !before.failed && isFailed(holder))
      report("failed without changing L", holder.id);
  }
}

/** What stands in L is an operator's, or of who takes a free lock with other limits. */
function checkTerms(
  was: Before,
  is: LockState,
  decision: Decision | null,
  deeds: Deeds,
  report: Report,
): void {
  if (!was.limits || !is.limits || !decision || deeds.byHand) return;
  const says = (...kinds: string[]) =>
    decision.writes.some(
      (write) =>
        write.kind === "create" &&
        write.path.includes("/history/") &&
        kinds.some((kind) => write.data.includes(`"kind":"${kind}"`)),
    );
  if (was.hold !== is.hold && !says("hold", "unhold"))
    report(was.hold ? "undid a hold" : "put on hold by nobody", "L");
  const same = JSON.stringify(was.limits) === JSON.stringify(is.limits);
  if (!same && !says("limits") && was.slots + was.waiters.length > 0)
    report("other limits of a lock in use", JSON.stringify(is.limits));
}

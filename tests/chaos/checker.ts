import { checkGrant, idOf } from "./grants";
import { checkAlive, type Live } from "./alive";
import { checkActing, checkJournal, type Grants } from "./journal-rules";
import type { Entry } from "./journal";
import { ownerOf, Tree, type State } from "./tree";
import { checkAccess } from "./access";
import { checkShape, LIVE } from "./shape";
import { ChefRule } from "./strangers";
import { checkWake, type Takeable } from "./wakes";
import type { Change, Transaction } from "./transactions";

export interface History {
  /** Of all locks. */
  root: string;
  transactions: Transaction[];
  journal: Entry[];
}

export type Rule =
  | "too many groups"
  | "a group in two slots"
  | "too many of a group"
  | "an owner twice"
  | "granted on hold"
  | "granted past failures"
  | "joined a failed member"
  | "not the first in the queue"
  | "adopted a live holder"
  | "freed by a crash"
  | "freed by somebody else"
  | "lost wake-up"
  | "never answered"
  | "wrong token"
  | "acted together"
  | "granted to nobody"
  | "seemed dead"
  | "an empty slot"
  | "adopted as if it had not failed"
  | "outlives its session"
  | "granted without naming L"
  | "failed without changing L"
  | "undid a hold"
  | "put on hold by nobody"
  | "other limits of a lock in use"
  | "acted without the lock"
  | "open to others"
  | "beside Chef"
  | "left behind"
  | "error";

export interface Violation {
  rule: Rule;
  what: string;
}

export type Report = (rule: Rule, what: string) => void;

/** Proves from ZooKeeper's own order and from what the clients wrote that the lock kept its promises; else says which it broke. */
export function checkHistory(history: History): Violation[] {
  const violations: Violation[] = [];
  const report: Report = (rule, what) => violations.push({ rule, what });
  const { root, transactions, journal } = history;
  for (const entry of journal)
    if (entry.kind === "error") report("error", entry.what);
  const tree = new Tree(root);
  const deeds = deedsOf(journal);
  const granted: Grants = new Map();
  const lives: Live[] = [];
  /** The largest N that each lock ever had: what its slots show is held to the one of the moment. */
  const most = new Map<string, number>();
  const removed = new Map<string, number>();
  const takeable: Takeable = new Map();
  const chef = new ChefRule(`${root}/chef`);
  for (const transaction of transactions) {
    const locks = tree.touched(transaction);
    const before = new Map(locks.map((lock) => [lock, tree.state(lock)]));
    tree.apply(transaction);
    chef.check(tree, transaction, report);
    for (const lock of locks) {
      const [was, is] = [before.get(lock) ?? null, tree.state(lock)];
      const changes = transaction.changes.filter(({ path }) =>
        path.startsWith(`${lock}/`),
      );
      const at = `${lock} at zxid ${transaction.zxid}`;
      for (const { kind, path } of changes) {
        const [, id] = LIVE.exec(path) ?? [];
        if (kind === "create" && id) lives.push({ id, ...transaction });
        const holder = kind === "delete" ? idOf(path) : null;
        if (holder) removed.set(holder, transaction.time);
      }
      for (const id of checkGrant(was, is, changes, (rule, what) =>
        report(rule, `${what}, ${at}`),
      ))
        granted.set(id, { ...transaction, lived: 0 });
      if (is) checkState(is, at, report);
      checkShape(lock, was, is, transaction, (rule, what) =>
        report(rule, `${what}, ${at}`),
      );
      const { maxHolders = 0 } = is?.limits ?? {};
      most.set(lock, Math.max(maxHolders, most.get(lock) ?? 0));
      checkRemovals(was, is, changes, deeds, (rule, what) =>
        report(rule, `${what}, ${at}`),
      );
      noteLives(was, is, transaction.time, granted);
      checkWake(takeable, lock, is, transaction.time, report);
    }
  }
  const end = transactions.at(-1)?.time ?? 0;
  for (const lock of takeable.keys())
    checkWake(takeable, lock, tree.state(lock), end, report);
  for (const lock of tree.locks()) {
    const { holders = [], slots = [], waiters = [] } = tree.state(lock) ?? {};
    const left = [
      ...holders.map(({ id }) => id),
      ...waiters.map(({ name }) => name),
    ];
    if (left.length + slots.length > 0)
      report(
        "left behind",
        `${lock}: slots ${slots.join()}, ${left.join(", ")}`,
      );
  }
  checkAccess(root, transactions, report);
  checkAlive(journal, lives, report);
  checkActing(journal, removed, report);
  checkJournal(journal, granted, (lock) => most.get(lock) ?? 0, report);
  return violations;
}

/** What must hold at every moment. */
function checkState(state: State, at: string, report: Report): void {
  const { limits, holders, slots } = state;
  if (
    slots.length > limits.maxHolders ||
    slots.some((slot) => slot >= limits.maxHolders)
  )
    report("too many groups", `slots ${slots.join()}, ${at}`);
  const groups = new Map<string, Set<number>>();
  for (const { group, slot } of holders)
    groups.set(group, (groups.get(group) ?? new Set()).add(slot));
  for (const slot of slots)
    if (!holders.some((holder) => holder.slot === slot))
      report("an empty slot", `${slot}, ${at}`);
  for (const [group, used] of groups) {
    if (used.size > 1) report("a group in two slots", `${group}, ${at}`);
    const members = holders.filter((holder) => holder.group === group);
    if (members.length > (limits.maxPerGroup ?? Infinity))
      report("too many of a group", `${group}, ${at}`);
  }
  const owners = holders.map(({ owner }) => owner);
  if (new Set(owners).size < owners.length)
    report("an owner twice", `${holders.map(({ id }) => id).join()}, ${at}`);
}

interface Deeds {
  held: Set<string>;
  releasing: Set<string>;
  clearing: Set<string>;
}

function deedsOf(journal: Entry[]): Deeds {
  const of = (kind: "hold" | "releasing" | "clearing") =>
    new Set(
      journal.flatMap((entry) => (entry.kind === kind ? [entry.holder] : [])),
    );
  return {
    held: of("hold"),
    releasing: of("releasing"),
    clearing: of("clearing"),
  };
}

/** A holder goes by its own client's release, by its owner's adoption, by an operator: by nothing else. */
function checkRemovals(
  was: State | null,
  is: State | null,
  changes: Change[],
  deeds: Deeds,
  report: Report,
): void {
  const idsOf = (wanted: Change["kind"]) =>
    changes
      .filter(({ kind }) => kind === wanted)
      .map(({ path }) => idOf(path))
      .filter((id) => id !== null);
  const removed = idsOf("delete");
  const adopters = new Set(idsOf("create").map(ownerOf));
  const stay = new Set(is?.holders.map(({ id }) => id));
  for (const { id } of was?.holders ?? [])
    if (!stay.has(id) && !removed.includes(id)) report("freed by a crash", id);
  for (const id of removed) {
    if (adopters.has(ownerOf(id))) continue;
    if (deeds.releasing.has(id) || deeds.clearing.has(id)) continue;
    // a grant that came too late is put back by who never knew of it
    if (deeds.held.has(id)) report("freed by somebody else", id);
  }
}

/** How long the live node of each grant stood. */
function noteLives(
  was: State | null,
  is: State | null,
  time: number,
  granted: Grants,
): void {
  const alive = new Set(
    is?.holders.filter(({ live }) => live).map(({ id }) => id),
  );
  for (const { id, live } of was?.holders ?? []) {
    const grant = granted.get(id);
    if (grant && live && !alive.has(id)) grant.lived = time - grant.time;
  }
}

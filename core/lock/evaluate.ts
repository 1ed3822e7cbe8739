import { check, create, remove } from "../zookeeper/operations";
import { isLoss, type ChildrenReply } from "../zookeeper/replies";
import type { Attempt } from "./attempt";
import { blockers, giveUpOn, sawAlive, type Member } from "./blocked";
import { disagreement, sameLimits } from "./fast";
import { grant } from "./grant";
import { readLock, repair } from "./known-lock";
import { createMirrorParents, mirrorPath, mirrorTaken } from "./mirror";
import { own } from "./own";
import { decodeHolder } from "./records";
import type { Step } from "./step";
import type { HolderRecord } from "./types";

type Choice =
  | { kind: "join"; slot: number; with: Member }
  | { kind: "take"; slot: number; empty: boolean }
  | { kind: "blocked"; by: Member[] };

/** EVAL: I am first, and only the first grants. May I go, or what keeps me? */
export async function evaluate(
  attempt: Attempt,
  fromPlace?: ChildrenReply[],
): Promise<Step> {
  let slots = fromPlace;
  if (!attempt.lock) {
    // v must be older than all that is seen below: failures show only in it
    attempt.lock = await readLock(attempt);
    slots = undefined;
  }
  if (!sameLimits(attempt.lock.limits, attempt.limits))
    throw disagreement(attempt, attempt.lock.limits);
  if (!slots) slots = await readSlots(attempt);
  if (slots.some(isLoss)) return "EVAL";
  for (const slot of slots)
    attempt.expect(slot, `listing ${attempt.paths.holders}`, "OK", "NO_NODE");
  const seen = await readMembers(attempt, slots);
  if (!seen) return "EVAL";
  const { members, left } = seen;
  sawAlive(attempt.session, members);
  const mine = members.find(({ id }) => id.startsWith(`${attempt.key}-`));
  if (mine) return own(attempt, mine.slot, mine.id);
  if (!sameLimits(attempt.request.limits, attempt.limits))
    throw disagreement(attempt, attempt.limits); // the own holder it came for is gone
  attempt.notice(members.map(({ id }) => id));
  const choice = choose(attempt, slots, members);
  if (left !== null && choice.kind !== "take") return "EVAL";
  if (choice.kind === "blocked") {
    await giveUpOn(attempt, choice.by);
    rememberShortcut(attempt, slots, members);
    return "WAIT";
  }
  if (attempt.lock.hold) {
    attempt.lock = await readLock(attempt, attempt.watcher);
    return attempt.lock.hold ? "WAIT" : "EVAL";
  }
  if (left !== null) return take(attempt, left, "create");
  if (choice.kind === "take")
    return take(attempt, choice.slot, choice.empty ? "replace" : "create");
  const { mirror } = choice.with.record ?? {};
  return take(attempt, choice.slot, "join", { ...attempt.record(), mirror });
}

async function readSlots(attempt: Attempt): Promise<ChildrenReply[]> {
  await attempt.connected();
  attempt.look();
  const slots = await Promise.all(
    Array.from({ length: attempt.limits.maxHolders }, (_, slot) =>
      attempt.session.getChildren(attempt.slotPath(slot)),
    ),
  );
  attempt.sameSession();
  return slots;
}

interface Seen {
  members: Member[];
  /** A slot whose only member was gone before it was read. */
  left: number | null;
}

/**
 * Each member's data and children, watched: a failure changes the data, a crash
 * takes `live` away. On a member that is gone before it is read stands no
 * watch, and it was released or adopted. If it was the only one in its slot,
 * that slot can be taken, that one and no other: to create it fails if it was
 * adopted. Else null: look again.
 */
async function readMembers(
  attempt: Attempt,
  slots: ChildrenReply[],
): Promise<Seen | null> {
  const { session, watcher } = attempt;
  const left: number[] = [];
  const reads = slots.flatMap(({ children = [] }, slot) =>
    children.map(async (id) => {
      const path = `${attempt.slotPath(slot)}/${id}`;
      const [data, live] = await Promise.all([
        session.getData(path, watcher),
        session.getChildren(path, watcher),
      ]);
      if (data.code === "NO_NODE" && children.length === 1) {
        slots[slot] = { code: "NO_NODE" };
        left.push(slot);
        return "left";
      }
      if (
        [data, live].some((reply) => isLoss(reply) || reply.code === "NO_NODE")
      )
        return null;
      attempt.expect(data, `reading ${path}`, "OK");
      attempt.expect(live, `listing ${path}`, "OK");
      const record = decodeHolder(data.data);
      const group = record?.group ?? (await groupOf(attempt, slot));
      const alive = (live.children ?? []).length > 0;
      return { id, path, slot, group, record, alive, stat: data.stat! };
    }),
  );
  const members = await Promise.all(reads);
  attempt.sameSession();
  if (members.includes(null) || left.length > 1) return null;
  return {
    members: members.filter((member) => member !== null && member !== "left"),
    left: left[0] ?? null,
  };
}

/** Of a holder that says nothing of it itself. */
async function groupOf(attempt: Attempt, slot: number): Promise<string> {
  const reply = await attempt.session.getData(attempt.slotPath(slot));
  return reply.data?.toString() ?? "";
}

function choose(
  attempt: Attempt,
  slots: ChildrenReply[],
  members: Member[],
): Choice {
  const { limits, request } = attempt;
  const failed = members.filter(countsAsFailed);
  if (failed.length >= limits.maxFailures)
    return { kind: "blocked", by: failed };
  const group = members.filter((member) => member.group === request.group);
  if (group.length > 0) {
    const bad = group.filter(countsAsFailed);
    if (bad.length > 0) return { kind: "blocked", by: bad };
    if (group.length < (limits.maxPerGroup ?? Infinity))
      return { kind: "join", slot: group[0]!.slot, with: group[0]! };
    const stale = group.filter(({ alive }) => !alive);
    return {
      kind: "blocked",
      by: stale.length === group.length ? stale : [],
    };
  }
  const free = slots.findIndex(({ children = [] }) => children.length === 0);
  if (free >= 0)
    return { kind: "take", slot: free, empty: slots[free]!.code === "OK" };
  return { kind: "blocked", by: blockers(members, limits.maxHolders) };
}

export function countsAsFailed({ record }: Pick<Member, "record">): boolean {
  return record?.state === "failed" || record?.state === "repairing";
}

/** A slot with one member of another group is free once that member is gone, if nothing else is in the way. */
function rememberShortcut(
  attempt: Attempt,
  slots: ChildrenReply[],
  members: Member[],
): void {
  const { limits, request } = attempt;
  const failed = members.filter(countsAsFailed).length;
  const ownGroup = members.some(({ group }) => group === request.group);
  if (ownGroup || failed >= limits.maxFailures) return;
  for (const { path, slot } of members)
    if (slots[slot]!.children?.length === 1) attempt.shortcut.set(path, slot);
}

/** TAKE and JOIN: the waiter becomes the holder in one transaction. */
export async function take(
  attempt: Attempt,
  slot: number,
  how: "create" | "replace" | "join",
  record?: HolderRecord,
): Promise<Step> {
  const lock = attempt.lock!;
  const path = attempt.slotPath(slot);
  const operations = [
    check("lock", attempt.paths.lock, lock.version),
    remove("waiter", attempt.waiterPath(attempt.waiter!)),
  ];
  if (how === "replace") operations.push(remove("empty slot", path));
  if (how !== "join")
    operations.push(
      create("slot", path, Buffer.from(attempt.request.group)),
      ...mirrorTaken(attempt),
    );
  const result = await grant(attempt, lock, slot, operations, record);
  if ("grant" in result) return result;
  if (result.wasInDoubt) {
    attempt.lock = null;
    return "LIST";
  }
  switch (result.code) {
    case "BAD_VERSION":
      return changed(attempt);
    case "NO_NODE":
      if (result.failed === "lock" || result.failed === "waiter") return "LIST";
      if (result.failed === "slot") await repair(attempt); // H is missing
      if (result.failed === "mirror") await createMirrorParents(attempt);
      return "EVAL";
    case "NODE_EXISTS":
      return result.failed === "mirror" ? chefHolds(attempt) : "EVAL";
    case "NOT_EMPTY":
      return "EVAL";
    default:
      attempt.expect(result, `acquiring ${attempt.paths.lock}`, "OK");
      return "EVAL";
  }
}

/** L has another version: on hold, with other limits, or somebody failed since. */
async function changed(attempt: Attempt): Promise<Step> {
  attempt.lock = await readLock(attempt);
  if (!sameLimits(attempt.lock.limits, attempt.limits))
    throw disagreement(attempt, attempt.lock.limits);
  if (!attempt.lock.hold) return "EVAL";
  attempt.lock = await readLock(attempt, attempt.watcher);
  return attempt.lock.hold ? "WAIT" : "EVAL";
}

/** A Chef node has the lock: its znode is watched. */
async function chefHolds(attempt: Attempt): Promise<Step> {
  const { chef, name } = attempt.request;
  const path = mirrorPath(chef!, name);
  const reply = await attempt.definite(() =>
    attempt.session.getData(path, attempt.watcher),
  );
  return reply.code === "NO_NODE" ? "EVAL" : "WAIT";
}

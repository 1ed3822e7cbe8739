import type { ChildrenReply } from "../zookeeper/replies";
import { isLoss } from "../zookeeper/replies";
import type { Attempt } from "./attempt";
import { blockers, giveUpOn, sawAlive, type Member } from "./blocked";
import { disagreement, sameLimits } from "./fast";
import { readLock } from "./known-lock";
import { own } from "./own";
import { readMembers, readSlots } from "./read-members";
import { decodeHolder } from "./records";
import { factsOf, forgetOthers, lead, type Fact } from "./sight";
import type { Step } from "./step";
import { take } from "./take";

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
  lead(attempt, slots);
  const free = await freeAtOnce(attempt, slots);
  if (free) return take(attempt, free.slot, free.empty ? "replace" : "create");
  const seen = await readMembers(attempt, slots);
  if (!seen) return "EVAL";
  const { members, left } = seen;
  slots = seen.slots;
  remember(attempt, members);
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
  return take(attempt, choice.slot, "join", {
    record: { ...attempt.record(), mirror },
  });
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
  const free = freeSlot(slots);
  if (free) return { kind: "take", ...free };
  return { kind: "blocked", by: blockers(members, limits.maxHolders) };
}

export function countsAsFailed({ record }: Pick<Member, "record">): boolean {
  return record?.state === "failed" || record?.state === "repairing";
}

interface Free {
  slot: number;
  empty: boolean;
}

/** The lowest. */
function freeSlot(slots: ChildrenReply[]): Free | null {
  const slot = slots.findIndex(({ children = [] }) => children.length === 0);
  return slot < 0 ? null : { slot, empty: slots[slot]!.code === "OK" };
}

/** One whose release is under way. */
function freeSoon(
  slots: ChildrenReply[],
  leaving: (id: string) => boolean | undefined,
): Free | null {
  const slot = slots.findIndex(({ children }) => children?.every(leaving));
  return slot < 0 ? null : { slot, empty: false };
}

/**
 * A free slot that may be taken by the facts alone: nobody who may hold is of
 * our owner or group, and not too many have failed. Whoever is not known is
 * asked once; no watch is left, for nothing is waited for.
 */
async function freeAtOnce(
  attempt: Attempt,
  slots: ChildrenReply[],
): Promise<Free | null> {
  const facts = factsOf(attempt);
  const free =
    freeSlot(slots) ?? freeSoon(slots, (id) => facts.get(id)?.leaving);
  if (!free || attempt.lock!.hold) return null;
  if (!sameLimits(attempt.limits, attempt.request.limits)) return null;
  const ids = slots.flatMap(({ children = [] }) => children);
  if (ids.some((id) => id.startsWith(`${attempt.key}-`))) return null;
  forgetOthers(attempt, ids);
  const holders = await Promise.all(
    slots.flatMap(({ children = [] }, slot) =>
      children.map(async (id) => facts.get(id) ?? ask(attempt, slot, id)),
    ),
  );
  attempt.sameSession();
  let failed = 0;
  for (const fact of holders) {
    if (!fact || fact.group === attempt.request.group) return null;
    if (fact.failed) failed += 1;
  }
  if (failed >= attempt.limits.maxFailures) return null;
  attempt.notice(ids);
  return free;
}

async function ask(
  attempt: Attempt,
  slot: number,
  id: string,
): Promise<Fact | null> {
  const facts = factsOf(attempt);
  const path = `${attempt.slotPath(slot)}/${id}`;
  const reply = await attempt.session.getData(path);
  const record = reply.code === "OK" ? decodeHolder(reply.data) : null;
  if (!record) return null; // gone, perhaps adopted: all is looked at
  const fact = { group: record.group, failed: countsAsFailed({ record }) };
  facts.set(id, fact);
  return fact;
}

function remember(attempt: Attempt, members: Member[]): void {
  const facts = factsOf(attempt);
  for (const { id, group, record } of members)
    facts.set(id, { group, failed: countsAsFailed({ record }) });
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

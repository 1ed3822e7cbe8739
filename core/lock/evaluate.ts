import type { ChildrenReply } from "../zookeeper/replies";
import { isLoss } from "../zookeeper/replies";
import type { Attempt } from "./attempt";
import {
  blockers,
  countsAsFailed,
  giveUpOn,
  sawAlive,
  type Member,
} from "./blocked";
import { disagreement, sameLimits } from "./fast";
import { freeAtOnce, freeSlot } from "./free";
import { readLock } from "./known-lock";
import { own } from "./own";
import { readMembers, readSlots } from "./read-members";
import { factsOf, lead } from "./sight";
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

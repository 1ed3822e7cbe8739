import { freeSlot, type Free, type Slots } from "../tree/slots";
import { countsAsFailed, type Limits, type Member } from "../types";

/** What the first waiter does. */
export type Choice =
  | { kind: "join"; mate: Member }
  | { kind: "take"; free: Free }
  | { kind: "blocked"; by: readonly Member[] };

/** Decides it, by what it has seen. */
export function choose(
  group: string,
  { maxHolders, maxPerGroup, maxFailures }: Limits,
  slots: Slots,
  members: readonly Member[],
): Choice {
  const failed = members.filter(countsAsFailed);
  if (failed.length >= maxFailures) return { kind: "blocked", by: failed };
  const mates = members.filter((member) => member.group === group);
  if (mates.length > 0) {
    // never a second slot (ONE-SLOT)
    const bad = mates.filter(countsAsFailed);
    if (bad.length > 0) return { kind: "blocked", by: bad };
    if (mates.length < (maxPerGroup ?? Infinity))
      return { kind: "join", mate: mates[0]! };
    const stale = mates.filter(({ alive }) => !alive);
    return {
      kind: "blocked",
      by: stale.length === mates.length ? stale : [],
    };
  }
  const free = freeSlot(slots, maxHolders);
  if (free) return { kind: "take", free };
  return { kind: "blocked", by: blockers(members, maxHolders) };
}

/** Nobody works on it: it failed, or its run is gone. */
export function isStuck({ record, alive }: Member): boolean {
  return record?.state === "failed" || !alive;
}

/** Those without whose owners no slot will come free: in each slot somebody who failed or is gone. */
function blockers(
  members: readonly Member[],
  slots: number,
): readonly Member[] {
  const stuck = members.filter(isStuck);
  return new Set(stuck.map(({ slot }) => slot)).size === slots ? stuck : [];
}

/** A slot with one member of another group is free once that member is gone, if nothing else is in the way (SHORTCUT-FAILED). */
export function shortcuts(
  group: string,
  { maxFailures }: Limits,
  slots: Slots,
  members: readonly Member[],
): [path: string, slot: number][] {
  if (members.some((member) => member.group === group)) return [];
  if (members.filter(countsAsFailed).length >= maxFailures) return [];
  return members
    .filter(({ slot }) => slots.get(slot)?.length === 1)
    .map(({ path, slot }) => [path, slot]);
}

import type { HolderView, LockView } from "../core/lock";

const WORST_FIRST = ["failed", "stale", "repairing", "live"] as const;

export type State = (typeof WORST_FIRST)[number];

/** Why nobody new is granted; empty if only live holders are in the way. */
export function blockedBy(lock: LockView): ("failures" | "stale" | "hold")[] {
  const slots = slotsUsed(lock);
  const stuck = new Set(lock.holders.filter(isStuck).map(({ slot }) => slot))
    .size;
  const full = slots >= lock.limits.maxHolders && stuck === slots;
  const stale = lock.holders.some(({ state }) => state === "stale");
  return [
    ...(lock.blockedByFailures ? (["failures"] as const) : []),
    ...(full && stale ? (["stale"] as const) : []),
    ...(lock.hold ? (["hold"] as const) : []),
  ];
}

/** Nobody works on it. */
function isStuck({ state }: HolderView): boolean {
  return state === "failed" || state === "stale";
}

/** A Chef node has the only one there is. */
export function slotsUsed({ holders, chef }: LockView): number {
  const slots = new Set(holders.map(({ slot }) => slot)).size;
  return Math.max(slots, chef.length > 0 ? 1 : 0);
}

/** How many holders are in each state, the worst first. */
export function statesOf({ holders }: LockView): [State, number][] {
  return WORST_FIRST.map((state): [State, number] => [
    state,
    holders.filter((holder) => holder.state === state).length,
  ]).filter(([, count]) => count > 0);
}

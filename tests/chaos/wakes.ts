import type { Report } from "./checker";
import { ownerOf, type State } from "./tree";

/** Milliseconds in which somebody must take a lock that its first waiter may take: far above every session time-out and freeze. */
const PATIENCE = 20_000;

/** By lock: its first waiter, and since when it could be granted, in ms. */
export type Takeable = Map<string, { waiter: string; since: number }>;

/** Whether the first waiter could be granted. */
function isTakeable({ limits, onHold, holders, slots, waiters }: State) {
  if (waiters.length === 0 || onHold) return false;
  const owner = ownerOf(waiters[0]!);
  if (holders.some((holder) => holder.owner === owner && holder.live))
    return false;
  if (holders.some((holder) => holder.owner === owner)) return true;
  if (holders.filter(({ failed }) => failed).length >= limits.maxFailures)
    return false;
  return slots.length < limits.maxHolders;
}

/** The first waiter of a free lock takes it, or goes with its session. */
export function checkWake(
  takeable: Takeable,
  lock: string,
  state: State | null,
  time: number,
  report: Report,
): void {
  const waiter = state && isTakeable(state) ? state.waiters[0]! : null;
  const known = takeable.get(lock);
  if (known && time - known.since > PATIENCE)
    report(
      "lost wake-up",
      `${lock}: ${known.waiter} could take it for ${time - known.since} ms`,
    );
  if (waiter === null) takeable.delete(lock);
  else if (known?.waiter !== waiter || time - known.since > PATIENCE)
    takeable.set(lock, { waiter, since: time });
}

import type { Report } from "./checker";
import { ownerOf, type State, type Waiter } from "./tree";

/** Milliseconds in which a waiter must take what it may take: far above every session time-out and freeze. */
const PATIENCE = 20_000;

/** By lock: the first of its waiters that could be granted, and since when, in ms. */
export type Takeable = Map<string, { waiter: string; since: number }>;

/** Whether it could take over what its owner left, wherever it stands; or, as the first, take a slot or join its group. */
function isTakeable(state: State, { name, group }: Waiter, first: boolean) {
  const { limits, holders, slots } = state;
  const owner = ownerOf(name);
  const own = holders.filter((holder) => holder.owner === owner);
  if (own.length > 0) return own.every(({ live }) => !live);
  if (!first) return false;
  if (holders.filter(({ failed }) => failed).length >= limits.maxFailures)
    return false;
  const members = holders.filter((holder) => holder.group === group);
  if (members.length === 0) return slots.length < limits.maxHolders;
  const { maxPerGroup } = limits;
  return (
    !members.some(({ failed }) => failed) &&
    members.length < (maxPerGroup ?? Infinity)
  );
}

function whoCouldGo(state: State): string | null {
  if (state.onHold) return null;
  const next = state.waiters.find((waiter, at) =>
    isTakeable(state, waiter, at === 0),
  );
  return next?.name ?? null;
}

/** Who could go on does, or goes with its session. */
export function checkWake(
  takeable: Takeable,
  lock: string,
  state: State | null,
  time: number,
  report: Report,
): void {
  const waiter = state && whoCouldGo(state);
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

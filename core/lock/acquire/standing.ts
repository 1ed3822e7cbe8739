import { isWaiterName, sequenceOf } from "../tree/paths";

/** Where a waiter stands among all children of W. */
export interface Standing {
  /** The nearest before it, and the first of all; null: it is the first. */
  ahead: string | null;
  head: string | null;
  /** The nearest before it of the same owner. */
  sameOwner: string | null;
  /** All before it, in no order. */
  waiters: string[];
  /** How many are before it, and in all. */
  before: number;
  of: number;
}

/** Decides it. In no order: with hundreds of them, to sort costs more than all else. */
export function standing(
  own: string,
  names: readonly string[],
  is: {
    /** It is no waiter, as was seen before. */
    isForeign(name: string): boolean;
    isOwn(name: string): boolean;
  },
): Standing {
  const at = sequenceOf(own);
  const waiters: string[] = [];
  let [ahead, head, sameOwner] = [null, null, null] as (string | null)[];
  let [nearest, farthest, nearestOwn] = [Infinity, 0, Infinity];
  let of = 0;
  for (const name of names) {
    // what is no waiter of ours blocks nobody (FOREIGN-WAITER)
    if (!isWaiterName(name) || is.isForeign(name)) continue;
    of += 1;
    const distance = (at - sequenceOf(name)) | 0; // numbers wrap
    if (distance <= 0) continue;
    waiters.push(name);
    if (distance < nearest) [nearest, ahead] = [distance, name];
    if (distance > farthest) [farthest, head] = [distance, name];
    if (distance < nearestOwn && is.isOwn(name))
      [nearestOwn, sameOwner] = [distance, name];
  }
  return {
    ahead: ahead!,
    head: head!,
    sameOwner: sameOwner!,
    waiters,
    before: waiters.length,
    of,
  };
}

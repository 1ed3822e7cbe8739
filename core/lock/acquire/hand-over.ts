import type { Offer } from "../local/view";
import { partOfNext } from "../tree/transactions";
import type { Attempt } from "./attempt";
import { take, takeOperations } from "./take";

/**
 * HAND-OVER: the first waiter, of the same process, waits for nothing but this
 * holder's leaving: the release and its TAKE go in one transaction. Both happen
 * or neither; then each goes on by itself.
 */
export function handOver(attempt: Attempt, holder: string): Offer | null {
  const { attention, patience } = attempt;
  const slot = attention.shortcuts.get(holder);
  if (slot === undefined || attempt.lock?.hold) return null;
  if (!attention.isAsleep() || !attempt.isCurrent()) return null;
  if (patience.signal?.aborted) return null;
  const free = { slot, empty: false };
  return {
    operations: takeOperations(attempt, free),
    sent(joint) {
      attention.look();
      attention.passed = take(attempt, free, joint.then(partOfNext));
      attention.wake!();
    },
  };
}

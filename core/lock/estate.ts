/** What a granted waiter leaves to those behind it, of the same process: see sight.ts. */
import type { ChildrenReply } from "../zookeeper/replies";
import type { Attempt, KnownLock } from "./attempt";
import { countTake } from "./census";
import type { GrantReply } from "./grant";
import { factsOf, sightOf } from "./sight";

/** What a waiter knew when it was granted: L, and each slot with whoever may be in it. */
export interface Estate {
  lock: KnownLock;
  slots: ChildrenReply[];
}

/** The slots with whoever may be in them, if the head of the queue is of this process and has seen them. */
export async function seenByFirst(
  attempt: Attempt,
  head: string,
): Promise<ChildrenReply[] | null> {
  const { first, granting, asking, queue, released } = sightOf(attempt);
  const held = (slots: ChildrenReply[]): ChildrenReply[] =>
    slots.map(({ code, children }) => ({
      code,
      children: children?.filter((id) => !released.has(id)),
    }));
  if (first?.waiter === head) return held(first.slots);
  if (granting && asking.has(head)) return held(granting.expected.slots);
  if (!granting || queue.get(granting.waiter)?.waiter !== head) return null;
  const estate = await granting.estate;
  return estate && held(estate.slots);
}

/** To be called when the grant is sent: its heir may hear of it before its answer is read. */
export function bequeath(
  attempt: Attempt,
  granting: Promise<GrantReply>,
  slot: number,
  joins: boolean,
): void {
  const { id, waiter, request } = attempt;
  const lock = attempt.lock!;
  const slots = attempt.slots.map((seen, at) => {
    if (at !== slot) return seen;
    const others = joins ? (seen.children ?? []) : [];
    return { code: "OK" as const, children: [...others, id] };
  });
  factsOf(attempt).set(id, { group: request.group, failed: false });
  const expected = { lock, slots };
  const holder = attempt.holderPath(slot);
  const sight = sightOf(attempt);
  const estate = granting
    .then(
      (reply) => ("grant" in reply ? expected : null),
      () => null,
    )
    .finally(() => sight.asking.delete(waiter!));
  sight.granting = { waiter: waiter!, holder, expected, estate };
  sight.asking.add(waiter!);
  countTake(
    attempt,
    granting,
    slots.map(({ children }) => children),
  );
}

/** What the waiter right before this one leaves, if it was of this process and was granted. */
export async function inherit(attempt: Attempt): Promise<Estate | null> {
  const { granting } = sightOf(attempt);
  if (!attempt.ahead || granting?.waiter !== attempt.ahead) return null;
  return granting.estate;
}

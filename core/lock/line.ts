/** Who of this process stands where in the queue of a lock: see sight.ts. */
import type { Attempt } from "./attempt";
import { sequenceOf } from "./paths";
import { sightOf } from "./sight";

/** Its place in the queue is found: right behind `ahead`, or first. */
export function stand(attempt: Attempt, ahead: string | null): void {
  leavePlace(attempt);
  attempt.ahead = ahead;
  const { queue, line } = sightOf(attempt);
  queue.set(ahead ?? "", attempt);
  line.set(sequenceOf(attempt.waiter!), attempt);
}

/** It is about to wait. */
export function enterQueue(attempt: Attempt): void {
  sightOf(attempt).waiting.add(attempt);
}

/** It has the lock, waits no more, or begins anew. */
export function leaveQueue(attempt: Attempt): void {
  leavePlace(attempt);
  sightOf(attempt).waiting.delete(attempt);
}

function leavePlace(attempt: Attempt): void {
  const sight = sightOf(attempt);
  const key = attempt.ahead ?? "";
  if (sight.queue.get(key) === attempt) sight.queue.delete(key);
  const number = sequenceOf(attempt.waiter ?? "");
  if (sight.line.get(number) === attempt) sight.line.delete(number);
  if (sight.first === attempt) sight.first = null;
}

/** Whether somebody of this process waits: most likely it knows who holds. */
export const isLed = (attempt: Attempt): boolean =>
  sightOf(attempt).queue.size > 0;

/** The queue was listed: is anybody of another process in it? */
export function listed(attempt: Attempt, names: readonly string[]): void {
  const sight = sightOf(attempt);
  sight.alone = names.every(
    (name) =>
      name === attempt.waiter ||
      sight.line.get(sequenceOf(name))?.waiter === name,
  );
}

/** Whether to expect that the next waiter stands right behind one of this process. */
export function expectsLine(attempt: Attempt): boolean {
  const { alone, line } = sightOf(attempt);
  return alone && line.size > 0;
}

/** Who is before a waiter. */
export interface Line {
  /** Right before. */
  ahead: string;
  /** The first of all. */
  head: string;
  /** The nearest of the same owner. */
  sameOwner: string | null;
  count: number;
}

/** Who is before the waiter of this name, if it is known without a list: all are of this process. */
export function lineBefore(attempt: Attempt, waiter: string): Line | null {
  const { line } = sightOf(attempt);
  const ahead = line.get((sequenceOf(waiter) - 1) | 0);
  if (!ahead) return null;
  let head = ahead;
  let sameOwner: string | null = null;
  let count = 1;
  for (;;) {
    if (head.key === attempt.key) sameOwner ??= head.waiter;
    const before = head.ahead && line.get(sequenceOf(head.ahead));
    if (!before || before.waiter !== head.ahead) break;
    head = before;
    count += 1;
  }
  return { ahead: ahead.waiter!, head: head.waiter!, sameOwner, count };
}

/** Whether the head of the queue is of this process: then the wait says nothing of others. */
export const isBehindOurs = (attempt: Attempt): boolean => {
  const { first } = sightOf(attempt);
  return first !== null && first !== attempt;
};

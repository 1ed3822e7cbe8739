/**
 * What the attempts of one process know together of who holds a lock, so that
 * the first waiter asks only what it must.
 *
 * Known without a question:
 * - **Facts under a version.** FAIL writes L in its own transaction, adoption
 *   makes a new holder. So a holder that was seen when L's version was v is in
 *   the same group and has not failed for as long as L's version is v; and a
 *   grant under v says whether it is.
 * - **The estate of a predecessor.** Only the first waiter grants. Whoever stood
 *   right behind a waiter of this process that has just been granted is first
 *   from that moment, and whoever holds is among those that the other had seen,
 *   with itself: others can only have left, or been adopted by their own owner.
 * - **The head of the queue.** For the same reason, while the first waiter is of
 *   this process, nobody holds but those whom it saw.
 * - **The line.** The server numbers all waiters of a lock one by one. So who gets
 *   the number behind one of this process stands right behind it, if that one is
 *   there still; and who is before that one, it knows itself.
 * - **Releases under way.** The first waiter goes along with the release that it
 *   waits for, or asks for the slot right behind it: one session's requests are
 *   carried out in their order. If the release fails, so does the grant.
 */
import type { ChildrenReply } from "../zookeeper/replies";
import type { Session } from "../zookeeper/session";
import type { Attempt, KnownLock } from "./attempt";
import { countTake, type Census } from "./census";
import type { GrantReply } from "./grant";
import { sequenceOf, type LockPaths } from "./paths";

/** What does not change of a holder under one version of L. */
export interface Fact {
  group: string;
  /** It counts as failed. */
  failed: boolean;
  /** Its release has been sent by this process: its slot is about to be free. */
  leaving?: boolean;
}

/** What a waiter knew when it was granted: L, and each slot with whoever may be in it. */
export interface Estate {
  lock: KnownLock;
  slots: ChildrenReply[];
}

interface Sight {
  version: number;
  facts: Map<string, Fact>;
  /** Of this process, the last that asked for its grant. */
  granting: { waiter: string; estate: Promise<Estate | null> } | null;
  /** Of this process, by the waiter right before each; "" before the first. */
  queue: Map<string, Attempt>;
  /** Of this process, who is first and has looked at the slots. */
  first: Attempt | null;
  /** The same as `queue`, by their numbers. */
  line: Map<number, Attempt>;
  /** When somebody listed it last, the queue had nobody of another process. */
  alone: boolean;
  /** Holders of this process that were released: never to come back. */
  released: Set<string>;
  /** Of this process, who has come to wait. */
  waiting: Set<Attempt>;
  /** Who holds, by the last of our grants. */
  census: Census | null;
}

/** Released ones that are remembered: whoever is forgotten is asked for. */
const MANY = 1000;

/** By session and its epoch, and by path. */
const sights = new WeakMap<
  Session,
  { epoch: number; locks: Map<string, Sight> }
>();

interface Where {
  session: Session;
  paths: LockPaths;
}

export function sightOf({ session, paths }: Where): Sight {
  let known = sights.get(session);
  if (known?.epoch !== session.epoch) {
    known = { epoch: session.epoch, locks: new Map() };
    sights.set(session, known);
  }
  let sight = known.locks.get(paths.lock);
  if (!sight) {
    sight = {
      ...{ version: -1, facts: new Map(), granting: null, first: null },
      ...{ queue: new Map(), line: new Map(), waiting: new Set() },
      ...{ alone: false, released: new Set(), census: null },
    };
    known.locks.set(paths.lock, sight);
  }
  return sight;
}

/** Facts under the version of L that this attempt knew before it looked. */
export function factsOf(attempt: Attempt): Map<string, Fact> {
  const sight = sightOf(attempt);
  const { version } = attempt.lock!;
  if (sight.version !== version) {
    sight.version = version;
    sight.facts = new Map();
  }
  return sight.facts;
}

/** Keeps the facts of those who hold still. */
export function forgetOthers(attempt: Attempt, ids: readonly string[]): void {
  const facts = factsOf(attempt);
  if (facts.size <= ids.length) return;
  const present = new Set(ids);
  for (const id of facts.keys()) if (!present.has(id)) facts.delete(id);
}

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

/** The first waiter looks at these slots, or has. */
export function lead(attempt: Attempt, slots: ChildrenReply[]): void {
  attempt.slots = slots;
  sightOf(attempt).first = attempt;
}

/** The slots with whoever may be in them, if the head of the queue is of this process and has seen them. */
export async function seenByFirst(
  attempt: Attempt,
  head: string,
): Promise<ChildrenReply[] | null> {
  const { first, granting, queue, released } = sightOf(attempt);
  const held = (slots: ChildrenReply[]): ChildrenReply[] =>
    slots.map(({ code, children }) => ({
      code,
      children: children?.filter((id) => !released.has(id)),
    }));
  if (first?.waiter === head) return held(first.slots);
  if (!granting || queue.get(granting.waiter)?.waiter !== head) return null;
  const estate = await granting.estate;
  return estate && held(estate.slots);
}

/** A holder of this process is certainly gone. */
export function forgetHolder(where: Where, id: string): void {
  const { released } = sightOf(where);
  if (released.size >= MANY) released.clear();
  released.add(id);
}

/** The release of a holder is about to be sent; who is first, if it is of this process. */
export function leaving(where: Where, id: string): Attempt | null {
  const { facts, first } = sightOf(where);
  const fact = facts.get(id);
  if (fact) fact.leaving = true;
  return first;
}

/** Whoever was about to leave this slot did not. */
export function stays(attempt: Attempt, slot: number): void {
  const { facts } = sightOf(attempt);
  for (const id of attempt.slots[slot]?.children ?? []) {
    const fact = facts.get(id);
    if (fact) fact.leaving = false;
  }
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
  const estate = granting.then(
    (reply) => {
      if (!("grant" in reply)) return null;
      factsOf(attempt).set(id, { group: request.group, failed: false });
      return { lock, slots };
    },
    () => null,
  );
  sightOf(attempt).granting = { waiter: waiter!, estate };
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

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
 * - **Grants under way.** For the same reason the next one need not wait for the
 *   answer to its predecessor's grant: it names the holder that this is to make.
 */
import type { ChildrenReply } from "../zookeeper/replies";
import type { Session } from "../zookeeper/session";
import type { Attempt, KnownLock } from "./attempt";
import type { Census } from "./census";
import type { Estate } from "./estate";
import type { LockPaths } from "./paths";

/** What does not change of a holder under one version of L. */
export interface Fact {
  group: string;
  /** It counts as failed. */
  failed: boolean;
  /** Its release has been sent by this process: its slot is about to be free. */
  leaving?: boolean;
}

/** A grant that has been sent. */
export interface Granting {
  waiter: string;
  /** u, as it is to be. */
  holder: string;
  /** What its heir may go by already, if it is granted. */
  expected: Estate;
  /** The same, once it is; null: refused. */
  estate: Promise<Estate | null>;
}

interface Sight {
  version: number;
  facts: Map<string, Fact>;
  /** Of this process, the last that asked for its grant. */
  granting: Granting | null;
  /** Waiters of all that have asked and have no answer yet: each right behind the one before. */
  asking: Set<string>;
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

export interface Where {
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
      ...{ asking: new Set() },
      ...{ alone: false, released: new Set(), census: null },
    };
    known.locks.set(paths.lock, sight);
  }
  return sight;
}

/** Facts under the version of L that this attempt knew before it looked. */
export const factsOf = (attempt: Attempt): Map<string, Fact> =>
  factsUnder(attempt, attempt.lock!);

/** Facts under a version of L. */
export function factsUnder(
  where: Where,
  { version }: KnownLock,
): Map<string, Fact> {
  const sight = sightOf(where);
  if (sight.version !== version) {
    sight.version = version;
    sight.facts = new Map();
  }
  return sight.facts;
}

/** Nobody who may hold is unknown or of our group, and not too many have failed. */
export function mayStandBeside(
  { request, limits }: Pick<Attempt, "request" | "limits">,
  holders: (Fact | null | undefined)[],
): boolean {
  let failed = 0;
  for (const fact of holders) {
    if (!fact || fact.group === request.group) return false;
    if (fact.failed) failed += 1;
  }
  return failed < limits.maxFailures;
}

/** Keeps the facts of those who hold still. */
export function forgetOthers(attempt: Attempt, ids: readonly string[]): void {
  const facts = factsOf(attempt);
  if (facts.size <= ids.length) return;
  const present = new Set(ids);
  for (const id of facts.keys()) if (!present.has(id)) facts.delete(id);
}

/** The first waiter looks at these slots, or has. */
export function lead(attempt: Attempt, slots: ChildrenReply[]): void {
  attempt.slots = slots;
  sightOf(attempt).first = attempt;
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

/**
 * What the attempts of one process know together of who holds a lock, so that
 * the first waiter asks only what it must.
 *
 * Two things are known without a question:
 * - **Facts under a version.** FAIL writes L in its own transaction, adoption
 *   makes a new holder. So a holder that was seen when L's version was v is in
 *   the same group and has not failed for as long as L's version is v; and a
 *   grant under v says whether it is.
 * - **The estate of a predecessor.** Only the first waiter grants. Whoever stood
 *   right behind a waiter of this process that has just been granted is first
 *   from that moment, and whoever holds is among those that the other had seen,
 *   with itself: others can only have left, or been adopted by their own owner.
 */
import type { ChildrenReply } from "../zookeeper/replies";
import type { Session } from "../zookeeper/session";
import type { Attempt, KnownLock } from "./attempt";
import type { GrantReply } from "./grant";

/** What does not change of a holder under one version of L. */
export interface Fact {
  group: string;
  /** It counts as failed. */
  failed: boolean;
}

/** What a waiter knew when it was granted: L, and each slot with whoever may be in it. */
export interface Estate {
  lock: KnownLock;
  slots: ChildrenReply[];
}

interface Sight {
  version: number;
  facts: Map<string, Fact>;
  /** The last of this process that asked for its grant. */
  granting: { waiter: string; estate: Promise<Estate | null> } | null;
}

/** By session and its epoch, and by path. */
const sights = new WeakMap<
  Session,
  { epoch: number; locks: Map<string, Sight> }
>();

function sightOf({ session, paths }: Attempt): Sight {
  let known = sights.get(session);
  if (known?.epoch !== session.epoch) {
    known = { epoch: session.epoch, locks: new Map() };
    sights.set(session, known);
  }
  let sight = known.locks.get(paths.lock);
  if (!sight) {
    sight = { version: -1, facts: new Map(), granting: null };
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

/** To be called when the grant is sent: its heir may hear of it before its answer is read. */
export function bequeath(
  attempt: Attempt,
  granting: Promise<GrantReply>,
  slot: number,
): void {
  const { id, waiter, request } = attempt;
  const lock = attempt.lock!;
  const slots = attempt.slots.map((seen, at) => {
    if (at !== slot) return seen;
    return { code: "OK" as const, children: [...(seen.children ?? []), id] };
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
}

/** What the waiter right before this one leaves, if it was of this process and was granted. */
export async function inherit(attempt: Attempt): Promise<Estate | null> {
  const { granting } = sightOf(attempt);
  if (!attempt.ahead || granting?.waiter !== attempt.ahead) return null;
  return granting.estate;
}

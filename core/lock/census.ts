/**
 * Who holds, as far as a process knows by its own grants: so FAST is a way in
 * beside others too.
 *
 * Each grant counts in H's version (where N = 1, nobody comes beside others).
 * Whoever was granted knew who held. So while H has the version of that grant,
 * nobody holds but those and itself; others can only have left, or been adopted
 * by their own owner. A grant that names this version, and proves as FAST does
 * that nobody waits, is as good as one by the queue. It names one of those who
 * hold, too: a FAST that finds nobody makes H anew, and its versions begin again.
 *
 * What is known counts from the moment a grant is sent, for one session's
 * requests are carried out in their order: after one that was refused, its
 * companion is not there.
 */
import { EMPTY, set, type Operation } from "../zookeeper/operations";
import type { Attempt, KnownLock } from "./attempt";
import { isAlone } from "./company";
import type { GrantReply } from "./grant";
import { factsOf, mayStandBeside, sightOf } from "./sight";

export interface Census {
  /** L's, under which all of them were granted. */
  version: number;
  /** H's, with the last of the grants. */
  count: number;
  /** Who may be in each slot. */
  slots: string[][];
}

/** A place beside those who hold. */
export interface Beside {
  slot: number;
  count: number;
  /** Path of one who holds. */
  companion: string;
}

/** Part of every grant but an adoption. */
export function counted(
  { paths }: Attempt,
  { limits }: KnownLock,
  known?: number,
): Operation[] {
  if (limits.maxHolders === 1) return [];
  return [set("count", paths.holders, EMPTY, known)];
}

/** "free": nobody will hold once our own releases that are under way are done. */
export type WayIn = "free" | Beside;

/** How FAST may get in; null if there is no place, or nobody knows. */
export function wayIn(attempt: Attempt): WayIn | null {
  const { request, key, session, paths } = attempt;
  const lock = attempt.lock!;
  const { census, waiting, released } = sightOf(attempt);
  if (waiting.size > 0) return null;
  if (census?.version !== lock.version)
    return isAlone(session, paths.lock) ? "free" : null;
  const facts = factsOf(attempt);
  const leaves = (id: string) => released.has(id) || facts.get(id)?.leaving;
  const holders = census.slots.flatMap((ids, slot) =>
    ids.filter((id) => !released.has(id)).map((id) => ({ slot, id })),
  );
  const companion = holders.findLast(({ id }) => !leaves(id));
  if (!companion) return "free";
  const slot = Array.from(
    { length: lock.limits.maxHolders },
    (_, at) => census.slots[at] ?? [],
  ).findIndex((ids) => ids.every(leaves));
  if (slot < 0) return null;
  // a release that was sent may be carried out after this grant: only its own slot is safe to ask for
  if (holders.some(({ id }) => id.startsWith(`${key}-`))) return null;
  const known = holders.map(({ id }) => facts.get(id));
  if (!mayStandBeside({ request, limits: lock.limits }, known)) return null;
  const path = `${attempt.slotPath(companion.slot)}/${companion.id}`;
  return { slot, count: census.count, companion: path };
}

/** A grant by FAST has been sent. */
export function countFast(attempt: Attempt, way: WayIn): void {
  const { id, request } = attempt;
  const sight = sightOf(attempt);
  const facts = factsOf(attempt);
  const free = { slot: 0, count: 0 };
  const { slot, count } = way === "free" ? free : way;
  const slots = way === "free" ? [] : [...sight.census!.slots];
  for (const gone of slots[slot] ?? []) facts.delete(gone);
  slots[slot] = [id];
  facts.set(id, { group: request.group, failed: false });
  const { version } = attempt.lock!;
  sight.census = { version, count: count + 1, slots };
}

/** A grant by the queue has been sent: who holds is known again by its answer. */
export function countTake(
  attempt: Attempt,
  granting: Promise<GrantReply>,
  slots: (string[] | undefined)[],
): void {
  const sight = sightOf(attempt);
  const { version } = attempt.lock!;
  sight.census = null;
  void granting.then(
    (reply) => {
      const count = "grant" in reply ? reply.grant.count : undefined;
      if (count === undefined) return;
      sight.census = { version, count, slots: slots.map((ids = []) => ids) };
    },
    () => {},
  );
}

/** It was refused: somebody else was granted, or waits. */
export function forgetCensus(attempt: Attempt): void {
  sightOf(attempt).census = null;
}

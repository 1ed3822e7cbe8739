import { decodeHolder } from "../tree/records";
import { freeSlot, type Free, type Slots } from "../tree/slots";
import { countsAsFailed } from "../types";
import type { Attempt } from "./attempt";
import { sameLimits } from "../limits";
import type { Fact } from "../local/view";

/**
 * A slot that this attempt may take at once, whoever holds the others: all of
 * them are known, or asked for once. No watch is left, for nothing is waited for.
 */
export async function freeByFacts(
  attempt: Attempt,
  slots: Slots,
): Promise<Free | null> {
  const { view, limits, request } = attempt;
  const lock = attempt.lock!;
  if (lock.hold || !sameLimits(limits, request.limits)) return null;
  const free = freeSlot(slots, limits.maxHolders);
  if (!free) return null;
  const holders = [...slots].flatMap(([slot, ids]) =>
    ids.map((id) => ({ slot, id })),
  );
  if (holders.some(({ id }) => attempt.isOwn(id))) return null;
  view.onlyThese(holders.map(({ id }) => id));
  const facts = await Promise.all(
    holders.map(
      ({ slot, id }) => view.fact(lock.version, id) ?? ask(attempt, slot, id),
    ),
  );
  attempt.sameSession();
  return mayStandBeside(facts, request.group, limits.maxFailures) ? free : null;
}

async function ask(
  attempt: Attempt,
  slot: number,
  id: string,
): Promise<Fact | null> {
  const { session, view } = attempt;
  const { version } = attempt.lock!;
  const reply = await session.getData(`${attempt.slotPath(slot)}/${id}`);
  const record = reply.code === "OK" ? decodeHolder(reply.data) : null;
  if (!record) return null; // gone, perhaps adopted: all is looked at
  const fact = { group: record.group, failed: countsAsFailed({ record }) };
  view.learn(version, id, fact);
  return fact;
}

/** Every one that may hold is known, none is of our group, and fewer than `maxFailures` failed. */
function mayStandBeside(
  holders: readonly (Fact | null)[],
  group: string,
  maxFailures: number,
): boolean {
  let failed = 0;
  for (const fact of holders) {
    if (!fact || fact.group === group) return false;
    if (fact.failed) failed += 1;
  }
  return failed < maxFailures;
}

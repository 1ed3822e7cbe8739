/** Which slot the next one may take without another look at who holds. */
import type { ChildrenReply } from "../zookeeper/replies";
import type { Attempt, KnownLock } from "./attempt";
import { countsAsFailed } from "./blocked";
import { sameLimits } from "./fast";
import { decodeHolder } from "./records";
import {
  factsOf,
  factsUnder,
  forgetOthers,
  mayStandBeside,
  type Fact,
} from "./sight";

export interface Free {
  slot: number;
  /** It is there, and has to be made anew. */
  empty: boolean;
}

/** The lowest. */
export function freeSlot(slots: ChildrenReply[]): Free | null {
  const slot = slots.findIndex(({ children = [] }) => children.length === 0);
  return slot < 0 ? null : { slot, empty: slots[slot]!.code === "OK" };
}

/** One whose release is under way. */
function freeSoon(
  slots: ChildrenReply[],
  leaving: (id: string) => boolean | undefined,
): Free | null {
  const slot = slots.findIndex(({ children }) => children?.every(leaving));
  return slot < 0 ? null : { slot, empty: false };
}

/** A slot that is free, whoever holds the others. */
function candidate(
  attempt: Attempt,
  lock: KnownLock,
  slots: ChildrenReply[],
): Free | null {
  const { limits, request, key } = attempt;
  if (lock.hold || !sameLimits(limits, request.limits)) return null;
  if (idsIn(slots).some((id) => id.startsWith(`${key}-`))) return null;
  const facts = factsUnder(attempt, lock);
  return freeSlot(slots) ?? freeSoon(slots, (id) => facts.get(id)?.leaving);
}

const idsIn = (slots: ChildrenReply[]) =>
  slots.flatMap(({ children = [] }) => children);

/** By what is known under this version of L, without a question. */
export function freeByFacts(
  attempt: Attempt,
  lock: KnownLock,
  slots: ChildrenReply[],
): Free | null {
  const free = candidate(attempt, lock, slots);
  if (!free) return null;
  const facts = factsUnder(attempt, lock);
  const holders = idsIn(slots).map((id) => facts.get(id));
  return mayStandBeside(attempt, holders) ? free : null;
}

/** The same; whoever is not known is asked once. No watch is left, for nothing is waited for. */
export async function freeAtOnce(
  attempt: Attempt,
  slots: ChildrenReply[],
): Promise<Free | null> {
  const free = candidate(attempt, attempt.lock!, slots);
  if (!free) return null;
  const facts = factsOf(attempt);
  const ids = idsIn(slots);
  forgetOthers(attempt, ids);
  const holders = await Promise.all(
    slots.flatMap(({ children = [] }, slot) =>
      children.map(async (id) => facts.get(id) ?? ask(attempt, slot, id)),
    ),
  );
  attempt.sameSession();
  if (!mayStandBeside(attempt, holders)) return null;
  attempt.notice(ids);
  return free;
}

async function ask(
  attempt: Attempt,
  slot: number,
  id: string,
): Promise<Fact | null> {
  const facts = factsOf(attempt);
  const path = `${attempt.slotPath(slot)}/${id}`;
  const reply = await attempt.session.getData(path);
  const record = reply.code === "OK" ? decodeHolder(reply.data) : null;
  if (!record) return null; // gone, perhaps adopted: all is looked at
  const fact = { group: record.group, failed: countsAsFailed({ record }) };
  facts.set(id, fact);
  return fact;
}

import { isLoss, type ChildrenReply } from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import { slotNumber, type LockPaths } from "./paths";

/** The slots that are there, each with the names in it. */
export type Slots = ReadonlyMap<number, readonly string[]>;

export interface SlotsReply {
  code: ChildrenReply["code"];
  slots: Slots;
}

/**
 * Who may hold. To be sent after the list of W, or the leaving of a holder may
 * be missed (SLOTS-AFTER-W). Costs as much as there are slots in use, not as
 * there may be; other children of H are nobody's slot.
 */
export async function listSlots(
  session: Session,
  { holders }: LockPaths,
  maxHolders: number,
): Promise<SlotsReply> {
  const list = (slot: number) => session.getChildren(`${holders}/${slot}`);
  let numbers = [0];
  let first: Promise<ChildrenReply>[] | null = null;
  if (maxHolders === 1) first = [list(0)];
  else {
    const { code, children = [] } = await session.getChildren(holders);
    if (code !== "OK" && code !== "NO_NODE") return { code, slots: new Map() };
    numbers = children
      .map(slotNumber)
      .filter((slot) => slot !== null && slot < maxHolders)
      .map(Number)
      .sort((a, b) => a - b);
  }
  const replies = await Promise.all(first ?? numbers.map(list));
  const bad = replies.find(
    (reply) =>
      isLoss(reply) || (reply.code !== "OK" && reply.code !== "NO_NODE"),
  );
  const slots = new Map<number, readonly string[]>();
  for (const [i, { code, children = [] }] of replies.entries())
    if (code === "OK") slots.set(numbers[i]!, children);
  return { code: bad?.code ?? "OK", slots };
}

/** Names of all who may hold. */
export const idsIn = (slots: Slots): string[] => [...slots.values()].flat();

/** Where a slot is free. */
export interface Free {
  slot: number;
  /** It is there, and has to be made anew. */
  empty: boolean;
}

/** The lowest. */
export function freeSlot(slots: Slots, maxHolders: number): Free | null {
  for (let slot = 0; slot < maxHolders; slot++) {
    const members = slots.get(slot);
    if (!members) return { slot, empty: false };
    if (members.length === 0) return { slot, empty: true };
  }
  return null;
}

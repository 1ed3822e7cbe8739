import { isLoss } from "../../zookeeper/replies";
import { decodeHolder } from "../tree/records";
import type { Slots } from "../tree/slots";
import type { Member } from "../types";
import type { Attempt } from "./attempt";

export interface Seen {
  members: Member[];
  /** A slot whose only member was gone before it was read. */
  left: number | null;
  /** As they were listed, without the slot that was left. */
  slots: Slots;
}

/**
 * Each member's data and children, watched: a failure changes the data, a crash
 * takes the live node away (MEMBER-WATCH). On a member that is gone before it is
 * read stands no watch, and it was released or adopted. If it was the only one
 * in its slot, that slot can be taken, that one and no other: to create it fails
 * if it was adopted. Else null: look again (MEMBER-GONE).
 */
export async function readMembers(
  attempt: Attempt,
  slots: Slots,
): Promise<Seen | null> {
  const left: number[] = [];
  const reads = [...slots].flatMap(([slot, ids]) =>
    ids.map(async (id) => {
      const member = await readMember(attempt, slot, id);
      if (member !== "gone") return member;
      if (ids.length > 1) return null;
      left.push(slot);
      return "left";
    }),
  );
  const members = await Promise.all(reads);
  attempt.sameSession();
  if (members.includes(null) || left.length > 1) return null;
  const now = new Map(slots);
  for (const slot of left) now.delete(slot);
  return {
    members: members.filter((member) => member !== null && member !== "left"),
    left: left[0] ?? null,
    slots: now,
  };
}

/** Null: it is not known. `gone`: it was there, and is not. */
async function readMember(
  attempt: Attempt,
  slot: number,
  id: string,
): Promise<Member | "gone" | null> {
  const { session, watcher } = attempt;
  const path = `${attempt.slotPath(slot)}/${id}`;
  const [data, live] = await Promise.all([
    session.getData(path, watcher),
    session.getChildren(path, watcher),
  ]);
  if (data.code === "NO_NODE") return "gone";
  if (isLoss(data) || isLoss(live) || live.code === "NO_NODE") return null;
  attempt.expect(data, `reading ${path}`, "OK");
  attempt.expect(live, `listing ${path}`, "OK");
  const record = decodeHolder(data.data);
  const group = record?.group ?? (await groupOf(attempt, slot));
  if (group === null) return null;
  const alive = (live.children ?? []).length > 0;
  return { id, path, slot, group, record, alive, stat: data.stat! };
}

/** Of a holder that says nothing of it itself; null: not known. */
async function groupOf(attempt: Attempt, slot: number): Promise<string | null> {
  const path = attempt.slotPath(slot);
  const reply = await attempt.session.getData(path);
  if (isLoss(reply) || reply.code === "NO_NODE") return null;
  attempt.expect(reply, `reading ${path}`, "OK");
  return reply.data!.toString();
}

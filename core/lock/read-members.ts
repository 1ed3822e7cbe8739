import { isLoss, type ChildrenReply } from "../zookeeper/replies";
import type { Attempt } from "./attempt";
import type { Member } from "./blocked";
import { decodeHolder } from "./records";

/** The slots that there may be, in one round trip. */
export function listSlots(attempt: Attempt): Promise<ChildrenReply[]> {
  const { session, limits } = attempt;
  return Promise.all(
    Array.from({ length: limits.maxHolders }, (_, slot) =>
      session.getChildren(attempt.slotPath(slot)),
    ),
  );
}

/** The same for a new look at the lock. */
export async function readSlots(attempt: Attempt): Promise<ChildrenReply[]> {
  await attempt.connected();
  attempt.look();
  const slots = await listSlots(attempt);
  attempt.sameSession();
  return slots;
}

export interface Seen {
  members: Member[];
  /** A slot whose only member was gone before it was read. */
  left: number | null;
  /** As they were listed, without whoever left. */
  slots: ChildrenReply[];
}

/**
 * Each member's data and children, watched: a failure changes the data, a crash
 * takes `live` away. On a member that is gone before it is read stands no
 * watch, and it was released or adopted. If it was the only one in its slot,
 * that slot can be taken, that one and no other: to create it fails if it was
 * adopted. Else null: look again.
 */
export async function readMembers(
  attempt: Attempt,
  slots: ChildrenReply[],
): Promise<Seen | null> {
  const { session, watcher } = attempt;
  const left: number[] = [];
  const now = [...slots];
  const reads = slots.flatMap(({ children = [] }, slot) =>
    children.map(async (id) => {
      const path = `${attempt.slotPath(slot)}/${id}`;
      const [data, live] = await Promise.all([
        session.getData(path, watcher),
        session.getChildren(path, watcher),
      ]);
      if (data.code === "NO_NODE" && children.length === 1) {
        now[slot] = { code: "NO_NODE" };
        left.push(slot);
        return "left";
      }
      if (
        [data, live].some((reply) => isLoss(reply) || reply.code === "NO_NODE")
      )
        return null;
      attempt.expect(data, `reading ${path}`, "OK");
      attempt.expect(live, `listing ${path}`, "OK");
      const record = decodeHolder(data.data);
      const group = record?.group ?? (await groupOf(attempt, slot));
      const alive = (live.children ?? []).length > 0;
      return { id, path, slot, group, record, alive, stat: data.stat! };
    }),
  );
  const members = await Promise.all(reads);
  attempt.sameSession();
  if (members.includes(null) || left.length > 1) return null;
  return {
    members: members.filter((member) => member !== null && member !== "left"),
    left: left[0] ?? null,
    slots: now,
  };
}

/** Of a holder that says nothing of it itself. */
async function groupOf(attempt: Attempt, slot: number): Promise<string> {
  const reply = await attempt.session.getData(attempt.slotPath(slot));
  return reply.data?.toString() ?? "";
}

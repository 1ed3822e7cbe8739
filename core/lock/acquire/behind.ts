import { isLoss } from "../../zookeeper/replies";
import { idsIn, listSlots, type Slots, type SlotsReply } from "../tree/slots";
import { adopt } from "./adopt";
import type { Attempt } from "./attempt";
import type { Standing } from "./standing";
import type { Step } from "./step";

/** Children of W that are looked at together, to see which are waiters. */
const AT_ONCE = 100;

/** Not first: own owner's holder, if there is one; else the waiter before, and the nearest of the same owner, are watched. */
export async function behind(
  attempt: Attempt,
  at: Standing,
  seen: SlotsReply | null,
): Promise<Step> {
  const { session, view } = attempt;
  const slots = await slotsBehind(attempt, at.head!, seen);
  if (!slots) return "LIST";
  attempt.patience.sawHolders(idsIn(slots));
  for (const [slot, ids] of slots)
    for (const id of ids.filter((id) => attempt.isOwn(id))) {
      const step = await adopt(attempt, slot, id);
      if (step !== "WAIT") return step;
    }
  for (const name of new Set([at.ahead!, at.sameOwner ?? at.ahead!])) {
    const reply = await session.getData(
      attempt.waiterPath(name),
      attempt.watcher,
    );
    attempt.sameSession();
    if (isLoss(reply) || reply.code === "NO_NODE") return "LIST";
    attempt.expect(reply, `reading ${attempt.waiterPath(name)}`, "OK");
    if (!reply.stat!.ephemeral) {
      view.foreignSeen(name);
      await findForeign(attempt, at.waiters);
      return "LIST";
    }
  }
  return "WAIT";
}

/** Who may hold: as seen with the queue, or by the head of it, or asked for. */
async function slotsBehind(
  attempt: Attempt,
  head: string,
  seen: SlotsReply | null,
): Promise<Slots | null> {
  const { session, paths, limits, view } = attempt;
  if (!seen) {
    const known = await view.holdersBefore(head);
    attempt.sameSession();
    if (known && !idsIn(known).some((id) => attempt.isOwn(id))) return known;
  }
  const reply = seen ?? (await listSlots(session, paths, limits.maxHolders));
  attempt.sameSession();
  if (isLoss(reply)) return null;
  attempt.expect(reply, `listing ${paths.holders}`, "OK");
  return reply.slots;
}

/** Where one child of W is persistent, others may be: all before us are looked at, once in a process. */
async function findForeign(
  attempt: Attempt,
  waiters: readonly string[],
): Promise<void> {
  const { session, view } = attempt;
  for (let i = 0; i < waiters.length; i += AT_ONCE) {
    const some = waiters.slice(i, i + AT_ONCE);
    const replies = await Promise.all(
      some.map((name) => session.getData(attempt.waiterPath(name))),
    );
    attempt.sameSession();
    attempt.patience.check();
    for (const [j, { code, stat }] of replies.entries())
      if (code === "OK" && !stat!.ephemeral) view.foreignSeen(some[j]!);
  }
}

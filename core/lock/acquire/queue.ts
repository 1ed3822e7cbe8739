import { isLoss, type ChildrenReply } from "../../zookeeper/replies";
import { inQueueOrder } from "../tree/paths";
import { listSlots, type SlotsReply } from "../tree/slots";
import { enterQueue, leaveQueue } from "../tree/transactions";
import type { Attempt } from "./attempt";
import { behind } from "./behind";
import { repair } from "./lock-known";
import { standing } from "./standing";
import type { Step } from "./step";

/** The queue, and after it the slots: in this order, or a holder's leaving may be missed (SLOTS-AFTER-W). */
export interface Look {
  waiters: ChildrenReply;
  /** Null: not asked for yet. */
  slots: SlotsReply | null;
}

/** Sent together, and the server answers in the order sent. */
async function look(attempt: Attempt, withSlots: boolean): Promise<Look> {
  const { session, paths, limits } = attempt;
  attempt.attention.look();
  const waiters = session.getChildren(paths.waiters);
  const slots = withSlots ? listSlots(session, paths, limits.maxHolders) : null;
  return { waiters: await waiters, slots: await slots };
}

/** QUEUE: own waiter, then a look, in one round trip. */
export async function queue(attempt: Attempt): Promise<Step | Look> {
  const { session, paths, view } = attempt;
  await attempt.connected();
  attempt.queued = true;
  const created = enterQueue(session, paths, attempt.id, attempt.record());
  // behind others of this process, most likely they know who holds
  const seen = look(attempt, !view.hasPlaces());
  const reply = await created;
  attempt.queuedAt = session.system.now();
  const answers = await seen;
  attempt.sameSession();
  if (isLoss(reply)) return "QUEUE"; // again: PLACE takes away what is too much
  if (reply.code === "NO_NODE") {
    fromTheStart(attempt); // whatever was created is gone with W
    await repair(attempt);
    return "FAST";
  }
  attempt.expect(reply, `waiting at ${paths.lock}`, "OK");
  // from here on our waiter goes with L, and no grant without the waiter
  if (view.lock !== attempt.lock) attempt.lock = null;
  return answers;
}

/** W is not there, or our waiter in it: somebody cleaned up by hand. */
function fromTheStart(attempt: Attempt): void {
  attempt.view.forget();
  attempt.restart();
}

/** LIST: the look alone. */
export async function list(attempt: Attempt): Promise<Look> {
  await attempt.connected();
  return look(attempt, true);
}

/** PLACE: where in the queue, and whom to watch. First: EVAL, with the slots of this look. */
export async function place(
  attempt: Attempt,
  { waiters, slots }: Look,
): Promise<Step | { first: SlotsReply | null }> {
  const { session, paths, view } = attempt;
  attempt.sameSession();
  if (isLoss(waiters) || (slots && isLoss(slots))) return "LIST";
  if (waiters.code === "NO_NODE") {
    fromTheStart(attempt);
    return "FAST";
  }
  attempt.expect(waiters, `listing ${paths.waiters}`, "OK");
  const names = waiters.children ?? [];
  const mine = names.filter((name) => name.startsWith(`${attempt.id}-`));
  if (mine.length === 0) {
    fromTheStart(attempt);
    return "FAST";
  }
  if (mine.length > 1) {
    for (const name of mine.sort(inQueueOrder).slice(1))
      await attempt.definite(() =>
        leaveQueue(session, attempt.waiterPath(name)),
      ); // DUPLICATES
    return "LIST";
  }
  view.displaced(attempt);
  attempt.waiter = mine[0]!; // NAME-KNOWN: only once it is the only one
  const at = standing(attempt.waiter, names, {
    isForeign: (name) => view.isForeign(name),
    isOwn: (name) => attempt.isOwn(name),
  });
  attempt.place = {
    first: at.ahead === null,
    ahead: at.ahead,
    number: at.before + 1,
    of: at.of,
  };
  view.placed(attempt);
  return at.ahead === null ? { first: slots } : behind(attempt, at, slots);
}

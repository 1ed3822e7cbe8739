import { isLoss, type ChildrenReply } from "../zookeeper/replies";
import type { Attempt } from "./attempt";
import { forgetLock, isKnownStill, repair } from "./known-lock";
import { own } from "./own";
import { inQueueOrder } from "./paths";
import { encodeHolder } from "./records";
import type { Step } from "./step";

/** The queue, and after it the slots: in this order, or a holder's leaving may be missed. */
export interface Look {
  waiters: ChildrenReply;
  slots: ChildrenReply[];
}

/** Sent together: one round trip, and the server answers in the order sent. */
export async function look(attempt: Attempt): Promise<Look> {
  const { session, paths, limits } = attempt;
  attempt.look();
  const waiters = session.getChildren(paths.waiters);
  const slots = Array.from({ length: limits.maxHolders }, (_, slot) =>
    session.getChildren(attempt.slotPath(slot)),
  );
  return { waiters: await waiters, slots: await Promise.all(slots) };
}

/** QUEUE: own waiter, then a look, in one round trip. */
export async function queue(attempt: Attempt): Promise<Step | Look> {
  const { session } = attempt;
  await attempt.connected();
  attempt.queued = true;
  const created = session.create(
    attempt.waiterPath(`${attempt.id}-`),
    encodeHolder(attempt.record()),
    "ephemeralSequential",
  );
  const seen = look(attempt);
  const reply = await created;
  attempt.queuedAt = performance.now();
  const answers = await seen;
  attempt.sameSession();
  if (isLoss(reply)) return "QUEUE"; // again: PLACE takes away what is too much
  if (reply.code === "NO_NODE") {
    attempt.restart(); // whatever was created is gone with W
    forgetLock(attempt);
    await repair(attempt);
    return "FAST";
  }
  attempt.expect(reply, `waiting at ${attempt.paths.lock}`, "OK");
  // from here on our waiter goes with L, and no grant without the waiter
  if (!isKnownStill(attempt)) attempt.lock = null;
  return answers;
}

/** LIST: the look alone. */
export async function list(attempt: Attempt): Promise<Look> {
  await attempt.connected();
  return look(attempt);
}

/** PLACE: where in the queue, and whom to watch. First: EVAL, with the slots of this look. */
export async function place(
  attempt: Attempt,
  { waiters, slots }: Look,
): Promise<Step> {
  const { session, paths } = attempt;
  attempt.sameSession();
  if ([waiters, ...slots].some(isLoss)) return "LIST";
  if (waiters.code === "NO_NODE") {
    attempt.restart();
    forgetLock(attempt);
    return "FAST";
  }
  attempt.expect(waiters, `listing ${paths.waiters}`, "OK");
  const order = (waiters.children ?? []).sort(inQueueOrder);
  const mine = order.filter((name) => name.startsWith(`${attempt.id}-`));
  if (mine.length === 0) {
    attempt.restart(); // taken away by hand
    return "FAST";
  }
  for (const name of mine.slice(1))
    await attempt.definite(() => session.remove(attempt.waiterPath(name)));
  if (mine.length > 1) return "LIST";
  attempt.waiter = mine[0]!; // known only once it is the only one
  const index = order.indexOf(attempt.waiter);
  attempt.first = index === 0;
  attempt.place = index + 1;
  attempt.queueLength = order.length;
  attempt.ahead = order[index - 1] ?? null;
  if (attempt.first) return "EVAL";
  return behind(attempt, order, index, slots);
}

/** Not first: own owner's holder, if there is one; else the waiter before, and the nearest of the same owner. */
async function behind(
  attempt: Attempt,
  order: string[],
  index: number,
  slots: ChildrenReply[],
): Promise<Step> {
  const { session, key } = attempt;
  const ours = (name: string) => name.startsWith(`${key}-`);
  attempt.notice(slots.flatMap(({ children }) => children ?? []));
  for (const [slot, { children = [] }] of slots.entries())
    for (const id of children.filter(ours)) {
      const step = await own(attempt, slot, id);
      if (step !== "WAIT") return step;
    }
  const watched = [order[index - 1]!];
  const sameOwner = order.slice(0, index - 1).findLast(ours);
  if (sameOwner) watched.push(sameOwner);
  for (const name of watched) {
    const reply = await session.getData(
      attempt.waiterPath(name),
      attempt.watcher,
    );
    attempt.sameSession();
    if (isLoss(reply) || reply.code === "NO_NODE") return "LIST";
    attempt.expect(reply, `reading ${attempt.waiterPath(name)}`, "OK");
  }
  return "WAIT";
}

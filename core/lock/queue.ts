import { isLoss, type ChildrenReply } from "../zookeeper/replies";
import type { Attempt } from "./attempt";
import { forgetLock, isKnownStill, repair } from "./known-lock";
import { seenByFirst } from "./estate";
import {
  expectsLine,
  isLed,
  lineBefore,
  listed,
  stand,
  type Line,
} from "./line";
import { own } from "./own";
import { inQueueOrder, sequenceOf } from "./paths";
import { listSlots } from "./read-members";
import { encodeHolder } from "./records";
import type { Step } from "./step";

/** The queue, and after it the slots: in this order, or a holder's leaving may be missed. */
export interface Look {
  waiters: ChildrenReply;
  /** Undefined: not asked for yet. */
  slots?: ChildrenReply[];
}

/** Sent together: one round trip, and the server answers in the order sent. */
export async function look(attempt: Attempt, withSlots = true): Promise<Look> {
  const { session, paths } = attempt;
  attempt.look();
  const waiters = session.getChildren(paths.waiters);
  const slots = withSlots ? listSlots(attempt) : undefined;
  return { waiters: await waiters, slots: await slots };
}

/**
 * QUEUE: own waiter, then a look, in one round trip. Behind others of this process no look is needed, for its number
 * tells who is before it.
 */
export async function queue(attempt: Attempt): Promise<Step | Look> {
  const { session } = attempt;
  await attempt.connected();
  const again = attempt.queued; // there may be two
  attempt.queued = true;
  const created = session.create(
    attempt.waiterPath(`${attempt.id}-`),
    encodeHolder(attempt.record()),
    "ephemeralSequential",
  );
  const follows = !again && expectsLine(attempt);
  const seen = follows ? null : look(attempt, !isLed(attempt));
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
  return answers ?? follow(attempt, reply.path!);
}

/** PLACE by the own number alone, if that tells enough. */
async function follow(attempt: Attempt, path: string): Promise<Step> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const line = lineBefore(attempt, name);
  if (!line) return "LIST";
  attempt.look();
  attempt.waiter = name;
  attempt.first = false;
  attempt.place = line.count + 1;
  attempt.queueLength = attempt.place;
  stand(attempt, line.ahead);
  return behind(attempt, line, undefined);
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
  if ([waiters, ...(slots ?? [])].some(isLoss)) return "LIST";
  if (waiters.code === "NO_NODE") {
    attempt.restart();
    forgetLock(attempt);
    return "FAST";
  }
  attempt.expect(waiters, `listing ${paths.waiters}`, "OK");
  const names = waiters.children ?? [];
  const mine = names.filter((name) => name.startsWith(`${attempt.id}-`));
  if (mine.length === 0) {
    attempt.restart(); // taken away by hand
    return "FAST";
  }
  if (mine.length > 1) {
    for (const name of mine.sort(inQueueOrder).slice(1))
      await attempt.definite(() => session.remove(attempt.waiterPath(name)));
    return "LIST";
  }
  attempt.waiter = mine[0]!; // known only once it is the only one
  listed(attempt, names);
  const before = whoIsBefore(attempt.waiter, names);
  attempt.first = before.length === 0;
  attempt.place = before.length + 1;
  attempt.queueLength = names.length;
  stand(attempt, nearest(before));
  if (attempt.first) return "EVAL";
  const line = {
    ahead: attempt.ahead!,
    head: first(before),
    sameOwner: nearest(before.filter(({ name }) => isOurs(attempt, name))),
    count: before.length,
  };
  return behind(attempt, line, slots);
}

interface Place {
  name: string;
  /** How far before the own one. */
  distance: number;
}

/** In no order: with hundreds of them, to sort costs more than all else. */
function whoIsBefore(own: string, names: string[]): Place[] {
  const sequence = sequenceOf(own);
  return names
    .map((name) => ({ name, distance: (sequence - sequenceOf(name)) | 0 }))
    .filter(({ distance }) => distance > 0);
}

function nearest(places: Place[]): string | null {
  if (places.length === 0) return null;
  return places.reduce((a, b) => (b.distance < a.distance ? b : a)).name;
}

function first(places: Place[]): string {
  return places.reduce((a, b) => (b.distance > a.distance ? b : a)).name;
}

/** Not first: own owner's holder, if there is one; else the waiter before, and the nearest of the same owner. */
async function behind(
  attempt: Attempt,
  { ahead, head, sameOwner }: Line,
  seen: ChildrenReply[] | undefined,
): Promise<Step> {
  const { session } = attempt;
  const ours = (name: string) => isOurs(attempt, name);
  let slots = seen ?? (await seenByFirst(attempt, head));
  if (!slots || (!seen && slots.some(has(ours))))
    slots = await listSlots(attempt);
  attempt.sameSession();
  if (slots.some(isLoss)) return "LIST";
  attempt.notice(slots.flatMap(({ children }) => children ?? []));
  for (const [slot, { children = [] }] of slots.entries())
    for (const id of children.filter(ours)) {
      const step = await own(attempt, slot, id);
      if (step !== "WAIT") return step;
    }
  for (const name of new Set([ahead, sameOwner ?? ahead])) {
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

const isOurs = ({ key }: Attempt, name: string): boolean =>
  name.startsWith(`${key}-`);

const has =
  (wanted: (name: string) => boolean) =>
  ({ children = [] }: ChildrenReply): boolean =>
    children.some(wanted);

import { check, create, remove, type Operation } from "../zookeeper/operations";
import { isLoss, type MultiReply, type Stat } from "../zookeeper/replies";
import type { Attempt } from "./attempt";
import { counted } from "./census";
import { readChefHolder } from "./chef-holder";
import { bequeath } from "./estate";
import { disagreement, sameLimits } from "./fast";
import { freeByFacts } from "./free";
import { becomeHolder, grant } from "./grant";
import { readLock, repair } from "./known-lock";
import { createMirrorParents, mirrorPath, mirrorTaken } from "./mirror";
import { sightOf, stays, type Where } from "./sight";
import type { Step } from "./step";
import type { HolderRecord } from "./types";

type How = "create" | "replace" | "join";

/** The begin of the transaction: under L as it was known before the look, the waiter goes and the slot comes. */
function taking(attempt: Attempt, slot: number, how: How): Operation[] {
  const { paths, waiter, request } = attempt;
  const path = attempt.slotPath(slot);
  const operations = [
    check("lock", paths.lock, attempt.lock!.version),
    remove("waiter", attempt.waiterPath(waiter!)),
  ];
  if (how === "replace") operations.push(remove("empty slot", path));
  if (how !== "join")
    operations.push(
      create("slot", path, Buffer.from(request.group)),
      ...mirrorTaken(attempt),
    );
  return [...operations, ...counted(attempt, attempt.lock!)];
}

interface TakeOptions {
  record?: HolderRecord;
  /** The answer to a copy that went with the release. */
  sent?: Promise<MultiReply>;
  /** The holder that the waiter before is to be: its grant has no answer yet. */
  behind?: string;
}

/** TAKE and JOIN: the waiter becomes the holder in one transaction. */
export async function take(
  attempt: Attempt,
  slot: number,
  how: How,
  options: TakeOptions = {},
): Promise<Step> {
  const { behind } = options;
  const named = behind ? [check("holder ahead", behind)] : [];
  const granting = grant(
    attempt,
    attempt.lock!,
    slot,
    [...named, ...taking(attempt, slot, how)],
    options,
  );
  bequeath(attempt, granting, slot, how === "join");
  goBehind(attempt);
  const result = await granting;
  if ("grant" in result) return result;
  if (result.wasInDoubt || behind) {
    attempt.lock = null;
    return "LIST"; // it may not be the first
  }
  switch (result.code) {
    case "BAD_VERSION":
      return changed(attempt);
    case "NO_NODE":
      if (result.failed === "lock" || result.failed === "waiter") return "LIST";
      if (result.failed === "slot") await repair(attempt); // H is missing
      if (result.failed === "mirror") await createMirrorParents(attempt);
      return "EVAL";
    case "NODE_EXISTS":
      if (result.failed === "mirror") return chefHolds(attempt);
      stays(attempt, slot);
      return "EVAL";
    case "NOT_EMPTY":
      return "EVAL";
    default:
      attempt.expect(result, `acquiring ${attempt.paths.lock}`, "OK");
      return "EVAL";
  }
}

/**
 * A grant right behind another one of this process that has no answer yet. To
 * be called when a grant, or the release of a holder, has been sent.
 *
 * Whoever stands behind a waiter that is granted is first from that moment, and
 * one session's requests are carried out in their order. So where several slots
 * are free, all who are next ask at once, each naming the holder that the one
 * before it is to be: if that one is refused, so is it.
 */
export function goBehind(where: Where): void {
  const { granting, asking, queue } = sightOf(where);
  if (!granting || !asking.has(granting.waiter)) return;
  const heir = queue.get(granting.waiter);
  if (!heir || !isAsleep(heir)) return;
  const { lock, slots } = granting.expected;
  if (!sameLimits(lock.limits, heir.limits)) return;
  const free = freeByFacts(heir, lock, slots);
  if (!free) return;
  heir.lock = lock;
  heir.slots = slots;
  heir.look();
  heir.passed = take(heir, free.slot, free.empty ? "replace" : "create", {
    behind: granting.holder,
  });
  heir.wake!();
}

/** It waits, nothing has happened to it, and it still wants the lock. */
const isAsleep = (attempt: Attempt): boolean =>
  attempt.wake !== null &&
  !attempt.dirty &&
  attempt.isCurrent() &&
  !attempt.patience.signal?.aborted;

/** L has another version: on hold, with other limits, or somebody failed since. */
async function changed(attempt: Attempt): Promise<Step> {
  attempt.lock = await readLock(attempt);
  if (!sameLimits(attempt.lock.limits, attempt.limits))
    throw disagreement(attempt, attempt.lock.limits);
  if (!attempt.lock.hold) return "EVAL";
  attempt.lock = await readLock(attempt, attempt.watcher);
  return attempt.lock.hold ? "WAIT" : "EVAL";
}

/** A Chef node has the lock: its znode is watched. */
async function chefHolds(attempt: Attempt): Promise<Step> {
  const { session, paths, watcher, request } = attempt;
  const path = mirrorPath(request.chef!, request.name);
  const reply = await attempt.definite(() => session.getData(path, watcher));
  if (reply.code === "NO_NODE") return "EVAL";
  const { chef } = await attempt.definite(() =>
    readChefHolder(session, path, paths),
  );
  attempt.noticeChef(chef);
  return "WAIT";
}

/** What the next one adds to the transaction of a release. */
export interface Succession {
  operations: Operation[];
  /** To be called at once, with the answer to it all. */
  hear(joint: Promise<MultiReply>): void;
}

const NEXT = "next ";

/** Whether it is for the next one's part that the two were refused. */
export const nextFailed = ({ failed }: MultiReply) => failed?.startsWith(NEXT);

/**
 * RELEASE and TAKE in one: the first waiter, of the same process, waits for
 * nothing but this holder's leaving. Both happen or neither; then each goes on
 * by itself.
 */
export function succession(attempt: Attempt, path: string): Succession | null {
  const slot = attempt.shortcut.get(path);
  if (slot === undefined || attempt.lock?.hold) return null;
  if (!isAsleep(attempt)) return null;
  const operations = [
    ...taking(attempt, slot, "create"),
    ...becomeHolder(attempt, slot, attempt.record()),
  ];
  return {
    operations: operations.map((each) => ({ ...each, as: NEXT + each.as })),
    hear(joint) {
      attempt.look();
      const sent = joint.then(partOfNext);
      attempt.passed = take(attempt, slot, "create", { sent });
      attempt.wake!();
    },
  };
}

function partOfNext(reply: MultiReply): MultiReply {
  const { code, failed, stats = new Map<string, Stat>() } = reply;
  if (nextFailed(reply)) return { code, failed: failed!.slice(NEXT.length) };
  if (code === "OK") {
    const own = [...stats].filter(([as]) => as.startsWith(NEXT));
    return {
      code,
      stats: new Map(own.map(([as, stat]) => [as.slice(NEXT.length), stat])),
    };
  }
  // refused for the release's own sake: the slot is there still
  return isLoss(reply) ? reply : { code: "NODE_EXISTS", failed: "slot" };
}

import type { Operation } from "../../zookeeper/operations";
import type { MultiReply } from "../../zookeeper/replies";
import type { Free } from "../tree/slots";
import {
  join as joinSlot,
  take as takeSlot,
  type NewHolder,
} from "../tree/transactions";
import type { Member } from "../types";
import type { Attempt } from "./attempt";
import { allName, chefHalfFor, chefHolds, mirrorFor } from "./chef-side";
import { ownMirror } from "./fast";
import { grant } from "./grant";
import { disagreement, sameLimits } from "../limits";
import { createMirrorParents, readLock, repair } from "./lock-known";
import type { Step } from "./step";

/** The transaction of a TAKE: HAND-OVER sends the same. */
export function takeOperations(
  attempt: Attempt,
  { slot, empty }: Free,
): Operation[] {
  return takeSlot(
    attempt.newHolder(slot),
    attempt.fromQueue(),
    empty ? "replace" : "create",
    ownMirror(attempt),
  );
}

/** TAKE: the waiter becomes the holder of a slot of its own. `sent`: the answer to a copy that went with a release. */
export async function take(
  attempt: Attempt,
  free: Free,
  sent?: Promise<MultiReply>,
): Promise<Step> {
  const holder = attempt.newHolder(free.slot);
  const operations = takeOperations(attempt, free);
  return become(attempt, holder, operations, [], sent);
}

/** JOIN: the waiter becomes a member of the slot that its group has. */
export async function join(
  attempt: Attempt,
  mates: readonly Member[],
): Promise<Step> {
  const { slot, record } = mates[0]!;
  const mirror = mirrorFor(attempt, record);
  if (!allName(mirror, mates)) return "WAIT"; // until they leave: they are watched
  const holder = attempt.newHolder(slot, {
    ...attempt.record(),
    mirror: mirror?.path,
  });
  const chef = await chefHalfFor(attempt, holder, mirror);
  if (chef === "others") return "WAIT";
  const operations = joinSlot(holder, attempt.fromQueue(), chef);
  return become(
    attempt,
    holder,
    operations,
    attempt.slots.get(slot) ?? [],
    undefined,
  );
}

async function become(
  attempt: Attempt,
  holder: NewHolder,
  operations: Operation[],
  mates: readonly string[],
  sent: Promise<MultiReply> | undefined,
): Promise<Step> {
  const { view, id, request } = attempt;
  const lock = attempt.lock!;
  const slots = new Map(attempt.slots).set(holder.slot, [...mates, id]);
  const heard = view.grantSent(attempt.waiter!, id, { lock, slots });
  const result = await grant(attempt, { lock, holder, operations, sent }).catch(
    (error: unknown) => {
      heard.refused();
      throw error;
    },
  );
  if ("grant" in result) {
    heard.granted({ group: request.group, failed: false });
    return result;
  }
  heard.refused();
  if (result.wasInDoubt) {
    attempt.lock = null;
    return "LIST"; // PLACE-AGAIN: it may not be the first
  }
  return refused(attempt, result, holder.record.mirror);
}

async function refused(
  attempt: Attempt,
  { code, failed }: MultiReply,
  mirror: string | undefined,
): Promise<Step> {
  switch (code) {
    case "BAD_VERSION":
      return failed === "mirror" ? "EVAL" : changed(attempt);
    case "NO_NODE":
      if (failed === "lock" || failed === "waiter") return "LIST";
      if (failed === "slot") await repair(attempt); // H is missing
      if (failed === "mirror") await createMirrorParents(attempt, mirror!);
      return "EVAL";
    case "NODE_EXISTS":
      if (failed === "mirror") return chefHolds(attempt, mirror!);
      return "EVAL";
    case "NOT_EMPTY":
      return "EVAL";
    default:
      attempt.expect({ code }, `acquiring ${attempt.paths.lock}`, "OK");
      return "EVAL";
  }
}

/** L has another version: on hold, with other limits, or somebody failed since. */
async function changed(attempt: Attempt): Promise<Step> {
  attempt.lock = await readLock(attempt);
  if (!sameLimits(attempt.lock.limits, attempt.limits))
    throw disagreement(attempt.request, attempt.lock.limits);
  if (!attempt.lock.hold) return "EVAL";
  attempt.lock = await readLock(attempt, attempt.watcher); // HOLD-WATCH
  return attempt.lock.hold ? "WAIT" : "EVAL";
}

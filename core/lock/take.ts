import { check, create, remove } from "../zookeeper/operations";
import type { Attempt } from "./attempt";
import { readChefHolder } from "./chef-holder";
import { disagreement, sameLimits } from "./fast";
import { grant } from "./grant";
import { readLock, repair } from "./known-lock";
import { createMirrorParents, mirrorPath, mirrorTaken } from "./mirror";
import { bequeath, stays } from "./sight";
import type { Step } from "./step";
import type { HolderRecord } from "./types";

/** TAKE and JOIN: the waiter becomes the holder in one transaction. */
export async function take(
  attempt: Attempt,
  slot: number,
  how: "create" | "replace" | "join",
  record?: HolderRecord,
): Promise<Step> {
  const lock = attempt.lock!;
  const path = attempt.slotPath(slot);
  const operations = [
    check("lock", attempt.paths.lock, lock.version),
    remove("waiter", attempt.waiterPath(attempt.waiter!)),
  ];
  if (how === "replace") operations.push(remove("empty slot", path));
  if (how !== "join")
    operations.push(
      create("slot", path, Buffer.from(attempt.request.group)),
      ...mirrorTaken(attempt),
    );
  const granting = grant(attempt, lock, slot, operations, record);
  bequeath(attempt, granting, slot, how === "join");
  const result = await granting;
  if ("grant" in result) return result;
  if (result.wasInDoubt) {
    attempt.lock = null;
    return "LIST";
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

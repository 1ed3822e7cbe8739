import type { MultiReply } from "../../zookeeper/replies";
import { mirrorOf } from "../chef/mirror";
import type { LockState } from "../tree/records";
import { idsIn, listSlots } from "../tree/slots";
import {
  fast as fastGrant,
  fastWithLimits,
  type Mirror,
} from "../tree/transactions";
import type { Attempt } from "./attempt";
import { grant } from "./grant";
import { disagreement, sameLimits } from "../limits";
import {
  createMirrorParents,
  knownLock,
  readLock,
  repair,
  withMirrorNamed,
} from "./lock-known";
import type { Step } from "./step";

/**
 * FAST: one transaction that succeeds only if nobody waits and nobody holds. It
 * is also the only way of a request to change the limits of a lock.
 */
export async function fast(attempt: Attempt): Promise<Step> {
  const { view, request } = attempt;
  let lock = await knownLock(attempt);
  if (lock.hold) lock = await readLock(attempt);
  lock = await withMirrorNamed(attempt, lock);
  attempt.lock = lock;
  const busy = view.isBusy(attempt);
  view.enter(attempt);
  if (!sameLimits(lock.limits, request.limits))
    return withOtherLimits(attempt, lock);
  attempt.limits = lock.limits;
  if (lock.hold || busy) return "QUEUE";
  const holder = attempt.newHolder(0);
  const { maxHolders } = lock.limits;
  const operations = fastGrant(
    holder,
    lock.version,
    maxHolders,
    ownMirror(attempt),
  );
  const result = await grant(attempt, { lock, holder, operations });
  return "grant" in result ? result : refused(attempt, result);
}

/** The Chef lock that goes with a slot that this attempt makes. */
export function ownMirror({ request, id }: Attempt): Mirror | null {
  return mirrorOf(request.chef, request.name, request.group, id);
}

/** Only a request that finds the lock free may change its limits. */
async function withOtherLimits(
  attempt: Attempt,
  lock: LockState,
): Promise<Step> {
  if (lock.hold) return ownUnderOtherLimits(attempt, lock);
  const { limits } = attempt.request;
  const holder = attempt.newHolder(0);
  const operations = fastWithLimits(
    holder,
    lock.version,
    { ...lock, limits },
    ownMirror(attempt),
  );
  const result = await grant(attempt, { lock, holder, operations });
  attempt.view.lockChanged();
  if ("grant" in result) return result;
  if (result.code === "NOT_EMPTY") return ownUnderOtherLimits(attempt, lock);
  return refused(attempt, result);
}

async function refused(attempt: Attempt, result: MultiReply): Promise<Step> {
  switch (result.code) {
    case "BAD_VERSION":
      attempt.view.lockChanged();
      return "FAST";
    case "NO_NODE":
      attempt.view.lockChanged();
      if (result.failed === "mirror")
        await createMirrorParents(attempt, ownMirror(attempt)!.path);
      else if (result.failed !== "lock") await repair(attempt);
      return "FAST";
    case "NOT_EMPTY":
    case "NODE_EXISTS": // somebody holds, or Chef does
      return "QUEUE";
    default:
      attempt.expect(result, `acquiring ${attempt.paths.lock}`, "OK");
      return "FAST";
  }
}

/** The lock is used with other limits: only an owner that comes back for its holder may pass. */
async function ownUnderOtherLimits(
  attempt: Attempt,
  lock: LockState,
): Promise<Step> {
  const { session, paths, request } = attempt;
  const seen = await attempt.definite(() =>
    listSlots(session, paths, lock.limits.maxHolders),
  );
  attempt.expect(seen, `listing ${paths.holders}`, "OK");
  if (!idsIn(seen.slots).some((id) => attempt.isOwn(id)))
    throw disagreement(request, lock.limits);
  attempt.limits = lock.limits;
  return "QUEUE";
}

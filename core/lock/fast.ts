import {
  check,
  create,
  remove,
  set,
  type Operation,
} from "../zookeeper/operations";
import type { MultiReply } from "../zookeeper/replies";
import type { Attempt, KnownLock } from "./attempt";
import { counted, countFast, forgetCensus, wayIn } from "./census";
import { LimitsDisagree } from "./errors";
import { grant } from "./grant";
import {
  forgetLock,
  isContended,
  knownLock,
  readLock,
  repair,
} from "./known-lock";
import { rememberMirror } from "./known-mirror";
import { createMirrorParents, mirrorTaken } from "./mirror";
import type { LockPaths } from "./paths";
import { encodeLock } from "./records";
import type { Step } from "./step";
import type { Limits } from "./types";

/**
 * FAST: one transaction that succeeds only if nobody waits and nobody holds,
 * because a node with children cannot be deleted; or, where this process knows
 * who holds, nobody else (see census.ts). It is also the only way to change the
 * limits of a lock.
 */
export async function fast(attempt: Attempt): Promise<Step> {
  const { paths, request } = attempt;
  let lock = await knownLock(attempt);
  if (lock.hold) lock = await readLock(attempt);
  lock = await rememberMirror(attempt, lock);
  attempt.lock = lock;
  if (!sameLimits(lock.limits, request.limits))
    return withOtherLimits(attempt, lock);
  attempt.limits = lock.limits;
  attempt.leave(); // it may have asked before
  const way = lock.hold || isContended(attempt) ? null : wayIn(attempt);
  attempt.enter();
  if (!way) return "QUEUE";
  countFast(attempt, way);
  const slot = way === "free" ? 0 : way.slot;
  const result = await grant(attempt, lock, slot, [
    check("lock", paths.lock, lock.version),
    ...nobodyWaits(paths),
    ...(way === "free"
      ? nobodyHolds(paths, lock.limits)
      : [check("companion", way.companion)]),
    ...counted(attempt, lock, way === "free" ? undefined : way.count),
    create("slot", attempt.slotPath(slot), Buffer.from(request.group)),
    ...mirrorTaken(attempt),
  ]);
  if ("grant" in result) return result;
  forgetCensus(attempt);
  return refused(attempt, result);
}

/** Only who takes a free lock may change its limits. */
async function withOtherLimits(
  attempt: Attempt,
  lock: KnownLock,
): Promise<Step> {
  const { paths, request } = attempt;
  attempt.enter();
  if (lock.hold) return ownUnderOtherLimits(attempt, lock);
  const { limits, group } = request;
  const data = encodeLock({ ...lock, limits });
  const result = await grant(attempt, lock, 0, [
    set("lock", paths.lock, data, lock.version),
    ...nobodyWaits(paths),
    ...nobodyHolds(paths),
    ...counted(attempt, { ...lock, limits }),
    create("slot", attempt.slotPath(0), Buffer.from(group)),
    ...mirrorTaken(attempt),
  ]);
  forgetLock(attempt);
  if ("grant" in result) return result;
  if (result.code === "NOT_EMPTY") return ownUnderOtherLimits(attempt, lock);
  return refused(attempt, result);
}

/** What is not empty cannot be deleted. */
const nobodyWaits = ({ waiters }: LockPaths): Operation[] => [
  remove("waiters", waiters),
  create("new waiters", waiters),
];

/** Who creates the only slot knows it anyway. */
function nobodyHolds({ holders }: LockPaths, limits?: Limits): Operation[] {
  if (limits?.maxHolders === 1) return [];
  return [remove("holders", holders), create("new holders", holders)];
}

async function refused(attempt: Attempt, result: MultiReply): Promise<Step> {
  switch (result.code) {
    case "BAD_VERSION":
      if (result.failed === "count") {
        attempt.waited = true; // others come too, and will again
        return "QUEUE";
      }
      forgetLock(attempt);
      return "FAST";
    case "NO_NODE":
      if (result.failed === "companion") return "QUEUE";
      forgetLock(attempt);
      if (result.failed === "mirror") await createMirrorParents(attempt);
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

/** Somebody uses the lock with other limits: only an owner who comes back for its holder may pass. */
async function ownUnderOtherLimits(
  attempt: Attempt,
  lock: KnownLock,
): Promise<Step> {
  const { session } = attempt;
  for (let slot = 0; slot < lock.limits.maxHolders; slot++) {
    const path = attempt.slotPath(slot);
    const { children = [] } = await attempt.definite(() =>
      session.getChildren(path),
    );
    if (children.some((id) => id.startsWith(`${attempt.key}-`))) {
      attempt.limits = lock.limits;
      return "QUEUE";
    }
  }
  throw disagreement(attempt, lock.limits);
}

export function sameLimits(a: Limits, b: Limits): boolean {
  return (
    a.maxHolders === b.maxHolders &&
    a.maxPerGroup === b.maxPerGroup &&
    a.maxFailures === b.maxFailures
  );
}

export function disagreement(attempt: Attempt, has: Limits): LimitsDisagree {
  const { name, limits: asked } = attempt.request;
  const differing = (
    ["maxHolders", "maxPerGroup", "maxFailures"] as const
  ).filter((key) => has[key] !== asked[key]);
  const values = differing.map(
    (key) => `${key} ${has[key] ?? "none"}, asked for ${asked[key] ?? "none"}`,
  );
  return new LimitsDisagree(
    `lock ${name}: it is in use with ${values.join("; ")}`,
    [
      "all who share a lock must agree on its limits: give the same values, or wait until nobody holds it or waits for it",
    ],
  );
}

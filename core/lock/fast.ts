import { check, create, remove, set } from "../zookeeper/operations";
import type { Attempt, KnownLock } from "./attempt";
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
import { encodeLock } from "./records";
import type { Step } from "./step";
import type { Limits } from "./types";

/**
 * FAST: one transaction that succeeds only if nobody waits and nobody holds,
 * because a node with children cannot be deleted. It is also the only way to
 * change the limits of a lock.
 */
export async function fast(attempt: Attempt): Promise<Step> {
  const { paths, request } = attempt;
  let lock = await knownLock(attempt);
  if (lock.hold) lock = await readLock(attempt);
  lock = await rememberMirror(attempt, lock);
  attempt.lock = lock;
  const changes = !sameLimits(lock.limits, request.limits);
  if (!changes) attempt.limits = lock.limits;
  if (!changes && (lock.hold || isContended(attempt))) return "QUEUE";
  const slot = attempt.slotPath(0);
  const result = lock.hold
    ? { code: "NOT_EMPTY" as const }
    : await grant(attempt, lock, 0, [
        changes
          ? set(
              "lock",
              paths.lock,
              encodeLock({ ...lock, limits: request.limits }),
              lock.version,
            )
          : check("lock", paths.lock, lock.version),
        remove("waiters", paths.waiters),
        create("new waiters", paths.waiters),
        ...(changes || request.limits.maxHolders > 1
          ? [
              remove("holders", paths.holders),
              create("new holders", paths.holders),
            ]
          : []), // who creates the only slot knows that nobody holds
        create("slot", slot, Buffer.from(request.group)),
        ...mirrorTaken(attempt),
      ]);
  if (changes) forgetLock(attempt);
  if ("grant" in result) return result;
  switch (result.code) {
    case "BAD_VERSION":
      forgetLock(attempt);
      return "FAST";
    case "NO_NODE":
      forgetLock(attempt);
      if (result.failed === "mirror") await createMirrorParents(attempt);
      else if (result.failed !== "lock") await repair(attempt);
      return "FAST";
    case "NOT_EMPTY":
      return changes ? ownUnderOtherLimits(attempt, lock) : "QUEUE";
    case "NODE_EXISTS": // somebody holds, or Chef does
      return "QUEUE";
    default:
      attempt.expect(result, `acquiring ${paths.lock}`, "OK");
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

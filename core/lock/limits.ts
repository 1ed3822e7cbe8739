import { LimitsDisagree } from "./errors";
import type { Limits, LockRequest } from "./types";

/** Limits above it help nobody, and cost everybody: slots are looked at one by one. */
export const MOST = 1000;

const LIMITS = ["maxHolders", "maxPerGroup", "maxFailures"] as const;

export function sameLimits(a: Limits, b: Limits): boolean {
  return LIMITS.every((key) => a[key] === b[key]);
}

/** Why these are none; null if they are. */
export function describeLimitsProblem(limits: Partial<Limits>): string | null {
  for (const key of LIMITS) {
    const limit = limits[key];
    if (limit === undefined || (limit === null && key === "maxPerGroup"))
      continue;
    if (!Number.isInteger(limit) || limit! < 1 || limit! > MOST)
      return `${key} ${limit}: expected a whole number from 1 to ${MOST}`;
  }
  return null;
}

export function disagreement(
  { name, limits: asked }: Pick<LockRequest, "name" | "limits">,
  has: Limits,
): LimitsDisagree {
  const values = LIMITS.filter((key) => has[key] !== asked[key]).map(
    (key) => `${key} ${has[key] ?? "none"}, asked for ${asked[key] ?? "none"}`,
  );
  return new LimitsDisagree(
    `lock ${name}: it is in use with ${values.join("; ")}`,
    [
      "all who share a lock must agree on its limits: give the same values, or wait until nobody holds it or waits for it",
    ],
  );
}

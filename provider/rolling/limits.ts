import type { Limits } from "../../core/lock/types";
import type { RollingActionInputs } from "../schema/rolling";

type Inputs = Pick<
  RollingActionInputs,
  "hosts" | "groups" | "maxUnavailable" | "maxFailures" | "lock"
>;

/**
 * What `maxUnavailable`, `groups` and `maxFailures` mean for the lock, so that they bind in every
 * stack. A percentage is rounded down, and is at least 1: of the hosts; with groups "together" of the
 * groups; with "oneAtATime" of the smallest group's members.
 */
export function fleetLimits(inputs: Inputs): Limits {
  const { hosts, groups, maxUnavailable, maxFailures, lock } = inputs;
  const sizes = groupSizes(hosts);
  const width = (of: number) =>
    typeof maxUnavailable === "string"
      ? share(maxUnavailable, of)
      : (maxUnavailable ?? lock.maxHolders ?? 1);
  if (groups === "oneAtATime")
    return {
      ...{ maxHolders: 1, maxFailures: 1 },
      maxPerGroup: width(Math.min(...sizes)),
    };
  const count = groups ? sizes.length : Object.keys(hosts).length;
  return {
    maxHolders: width(count),
    maxPerGroup: lock.maxPerGroup ?? null,
    maxFailures: maxFailures ?? lock.maxFailures ?? 1,
  };
}

/** Members of each group; a host without one is a group of its own. */
function groupSizes(hosts: Inputs["hosts"]): number[] {
  const sizes = new Map<string, number>();
  for (const [key, { group }] of Object.entries(hosts)) {
    const name = group === undefined ? `host ${key}` : `group ${group}`;
    sizes.set(name, (sizes.get(name) ?? 0) + 1);
  }
  return [...sizes.values()];
}

function share(percent: string, of: number): number {
  // as whole numbers: 0.1 and its like are no numbers of a computer's
  const [whole = "", fraction = ""] = percent.slice(0, -1).split(".");
  const hundred = 100n * 10n ** BigInt(fraction.length);
  return Math.max(1, Number((BigInt(whole + fraction) * BigInt(of)) / hundred));
}

import { chefLocksOf, type Kind, type Properties } from "./check";
import { fleetDifference } from "./rolling/diff";
import { explainFleet, explainNewFleet } from "./rolling/explain";
import { hostInputs } from "./rolling/fleet";
import { fleetLimits } from "./rolling/limits";
import { create, remove, update } from "./rolling/lifecycle";
import { readFleetState } from "./rolling/state";
import { methodsOf } from "./methods";
import type { Runtime } from "./runtime";
import type { LockedActionInputs } from "./schema/inputs";
import { rollingInputs, type RollingActionInputs } from "./schema/rolling";
import { hasUnknown, isUnknown } from "./unknown";

const ROLLING_ACTION: Kind = {
  schema: rollingInputs,
  explainNew: (runtime, inputs) =>
    explainNewFleet(runtime, inputs as RollingActionInputs),
  chefLocksOf: (inputs, settings) =>
    hostsOf(inputs as RollingActionInputs).flatMap((host) =>
      chefLocksOf(host, settings),
    ),
};

/** What is known of them by now. */
function hostsOf(inputs: RollingActionInputs): LockedActionInputs[] {
  const { hosts, lock, maxUnavailable, groups, maxFailures } = inputs;
  if (!lock.chef || isUnknown(hosts)) return [];
  const known = Object.keys(hosts).filter((key) => !isUnknown(hosts[key]));
  const ofGroups = known.map((key) => hosts[key]!.group);
  if (hasUnknown([lock, maxUnavailable, groups, maxFailures, ofGroups]))
    return [];
  const limits = fleetLimits(inputs);
  return known.map((key) => hostInputs(inputs, key, limits));
}

export function createRollingAction(runtime: Runtime) {
  return methodsOf(runtime, {
    kind: ROLLING_ACTION,
    ...{ changes, create, update, remove },
  });
}

function changes(
  runtime: Runtime,
  olds: Properties,
  news: Properties,
): boolean {
  const state = readFleetState(olds);
  if (!state) return true;
  const inputs = news as unknown as RollingActionInputs; // `check` has passed them
  const { settings } = runtime.settings;
  const found = fleetDifference(state, inputs, settings);
  explainFleet(runtime, state, inputs, found);
  return found.run.length > 0 || found.note.length > 0;
}

import { check, locksOf, type Kind, type Properties } from "./check";
import type { ConfigureRequest } from "./locked-action";
import { fleetDifference } from "./rolling/diff";
import { explainFleet, explainNewFleet } from "./rolling/explain";
import { hostInputs } from "./rolling/fleet";
import { create, remove, update } from "./rolling/lifecycle";
import { readFleetState } from "./rolling/state";
import type { Runtime } from "./runtime";
import type { LockedActionInputs } from "./schema/inputs";
import { rollingInputs, type RollingActionInputs } from "./schema/rolling";
import { hasUnknown, isUnknown } from "./unknown";

const ROLLING_ACTION: Kind = {
  schema: rollingInputs,
  explainNew: (runtime, inputs) =>
    explainNewFleet(runtime, inputs as RollingActionInputs),
  locksOf: (inputs, settings) =>
    hostsOf(inputs as RollingActionInputs).flatMap((host) =>
      locksOf(host, settings),
    ),
};

/** What is known of them by now. */
function hostsOf(inputs: RollingActionInputs): LockedActionInputs[] {
  const { hosts, lock, maxUnavailable, groups, maxFailures } = inputs;
  if (isUnknown(hosts)) return [];
  const known = Object.keys(hosts).filter((key) => !isUnknown(hosts[key]));
  const ofGroups = known.map((key) => hosts[key]!.group);
  if (hasUnknown([lock, maxUnavailable, groups, maxFailures, ofGroups]))
    return [];
  return known.map((key) => hostInputs(inputs, key));
}

/** The methods that Pulumi calls. There is no `read`: a refresh echoes the state, and a debt stays a debt. */
export function createRollingAction(runtime: Runtime) {
  return {
    configure({ config }: ConfigureRequest): void {
      runtime.configure(config.rawConfig ?? {});
    },
    check(olds: Properties, news: Properties) {
      return Promise.resolve(check(runtime, olds, news, ROLLING_ACTION));
    },
    diff(_id: string, olds: Properties, news: Properties) {
      return Promise.resolve({ changes: changes(runtime, olds, news) });
    },
    create(news: Properties) {
      return runtime.track((run) => create({ runtime, run }, news));
    },
    update(id: string, olds: Properties, news: Properties) {
      return runtime.track((run) => update({ runtime, run }, id, olds, news));
    },
    delete(_id: string, olds: Properties) {
      return runtime.track(() => remove(runtime, olds));
    },
  };
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

import type { Difference } from "../diff";
import type { RollingActionInputs } from "../schema/rolling";
import type { Settings } from "../settings";
import { sameIdentity } from "../state";
import { hasUnknown } from "../unknown";
import { fleetOf, type Fleet } from "./fleet";
import { hostsOf, isDue } from "./known";
import { markOf } from "./outcome";
import type { FleetState } from "./state";

/** What differs, host by host. */
export interface FleetDifference extends Difference {
  /** Keys of hosts that will be taken in hand, with the reasons; `null`: not known yet. */
  due: Map<string, string[]> | null;
  total: number;
}

/** Inputs may still have unknown parts: these may have changed. */
export function fleetDifference(
  state: FleetState | null,
  inputs: RollingActionInputs,
  settings: Settings,
): FleetDifference {
  if (hasUnknown(withoutCredentials(inputs)))
    return {
      ...{ run: ["hosts or action are not known yet"], note: [] },
      ...{ due: null, total: 0 },
    };
  const fleet = fleetOf(inputs, settings);
  const due = dueHosts(fleet, state);
  const run = [...due.values()].flat();
  const note = state ? notes(fleet, state) : [];
  return { run, note, due, total: fleet.plans.size };
}

/** A key that is made in this very `up` changes nothing of what is done. */
function withoutCredentials(inputs: RollingActionInputs): unknown {
  if (typeof inputs.hosts !== "object") return inputs;
  const hosts = Object.values(inputs.hosts).map((host) => {
    if (typeof host !== "object") return host;
    // under a target of its own the address is no more than a way to it
    if (host.target) return { ...host, connection: null };
    if (typeof host.connection !== "object") return host;
    const { host: address, port } = host.connection;
    return { ...host, connection: { address, port } };
  });
  return { ...inputs, hosts };
}

function dueHosts(
  fleet: Fleet,
  before: FleetState | null,
): Map<string, string[]> {
  const due = new Map<string, string[]>();
  for (const host of hostsOf(fleet, before).hosts)
    if (isDue(host)) due.set(host.key, reasonsFor(host));
  return due;
}

function reasonsFor({ plan, state }: ReturnType<typeof hostsOf>["hosts"][0]) {
  if (!state) return ["new"];
  const { failure, kept } = state;
  const stale = kept?.why === "stale";
  return [
    ...(failure ? [`owed since ${failure.since}`] : []),
    ...(stale ? ["a killed run left its lock"] : []),
    ...(plan.always ? ["always"] : []),
    ...(state.runKey === plan.runKey ? [] : ["triggers or action changed"]),
  ];
}

function notes(fleet: Fleet, state: FleetState): string[] {
  const found: string[] = [];
  const { hosts, gone } = hostsOf(fleet, state);
  if (!sameIdentity(fleet.lock, state.lock)) found.push("lock changed");
  for (const { key } of gone) found.push(`${key} is gone`);
  for (const { key, plan, state: known } of hosts) {
    if (!known) continue;
    if (known.lock.data !== plan.lock.group)
      found.push(`${key} is in another group`);
    const { mark = state.mark } = state.results[key] ?? {};
    if (mark !== markOf(plan))
      found.push(
        `process, onlyIf, gate, health, drain or undrain of ${key} changed`,
      );
    if (!Object.hasOwn(state.results, key))
      found.push(`${key} has another name`);
    if (known.kept?.why === "doubt")
      found.push(`it is in doubt whether the lock of ${key} was released`);
    // kept by a run before one that skipped it
    else if (known.kept?.why === "failed" && !known.failure && !plan.lock.skip)
      found.push(`the lock of ${key} still stands`);
  }
  if (state.failure && !hosts.some(isDue))
    found.push("an earlier failure is to be cleared");
  return found;
}

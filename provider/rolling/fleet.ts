import type { Limits } from "../../core/lock/types";
import { connectionOf, planOf, targetOf, type Plan } from "../plan";
import type { LockedActionInputs } from "../schema/inputs";
import type { RollingActionInputs } from "../schema/rolling";
import type { Settings } from "../settings";
import { identityOf, type LockIdentity } from "../state";
import { fleetLimits } from "./limits";

/** The inputs of a `RollingAction` with every default applied. */
export interface Fleet {
  urn?: string;
  /** By key, in the order in which they are taken. */
  plans: Map<string, Plan>;
  /** The lock that all of them share; `data` is each host's own. */
  lock: LockIdentity;
  groups: RollingActionInputs["groups"];
  canary: { count: number; minHealthy?: number } | null;
}

export function fleetOf(
  inputs: RollingActionInputs,
  settings: Settings,
): Fleet {
  const { hosts, order = [], canary } = inputs;
  const keys = [...new Set([...order, ...Object.keys(hosts)])];
  const limits = fleetLimits(inputs);
  const planAs = planner(inputs, limits, settings);
  const plans = new Map(keys.map((key) => [key, planAs(key)]));
  const [any] = plans.values(); // check wants one at least
  return {
    ...(inputs.__urn ? { urn: inputs.__urn } : {}),
    plans,
    lock: { ...identityOf(any!.lock), data: "" },
    groups: inputs.groups,
    canary: canary ?? null,
  };
}

/** Makes the plan of a host. Most have nothing of their own but their place: what they share is made once. */
function planner(
  inputs: RollingActionInputs,
  limits: Limits,
  settings: Settings,
): (key: string) => Plan {
  const whole = (key: string) =>
    planOf(hostInputs(inputs, key, limits), settings);
  let common: Plan | null = null;
  return (key) => {
    const { connection, target: own, group, ...parts } = inputs.hosts[key]!;
    if (Object.values(parts).some((part) => part !== undefined))
      return whole(key);
    common ??= whole(key);
    const target = targetOf({ target: own, connection });
    return {
      ...common,
      target,
      connection: connectionOf(connection),
      lock: { ...common.lock, group: group ?? target },
    };
  };
}

/** What a host of the fleet would be as a `LockedAction`: its own parts before those of the fleet. */
export function hostInputs(
  inputs: RollingActionInputs,
  key: string,
  limits: Limits,
): LockedActionInputs {
  const host = inputs.hosts[key]!;
  const { action, process, onlyIf, gate, health, drain, undrain } = inputs;
  const { lock, triggers = [], always, onCreate, logging, __urn } = inputs;
  return {
    connection: host.connection,
    target: host.target,
    action: host.action ?? action,
    // apart from the fleet's, so that none can be taken for one of them
    triggers: host.triggers ? [...triggers, { host: host.triggers }] : triggers,
    process: host.process ?? process,
    onlyIf: host.onlyIf ?? onlyIf,
    gate: host.gate ?? gate,
    health: host.health ?? health,
    drain: host.drain ?? drain,
    undrain: host.undrain ?? undrain,
    lock: { ...lock, ...limitInputs(limits), data: host.group },
    ...{ always, onCreate, logging, __urn },
  } as LockedActionInputs;
}

function limitInputs({ maxHolders, maxPerGroup, maxFailures }: Limits) {
  return { maxHolders, maxPerGroup: maxPerGroup ?? undefined, maxFailures };
}

/** The plan of a canary: it must stay healthy for longer, and gets the time for it. */
export function asCanary(plan: Plan, minHealthy: number | undefined): Plan {
  if (minHealthy === undefined) return plan;
  const health = plan.health ?? {
    ...{ command: ":", asksNothing: true },
    ...{ interval: 2, timeout: 300, minHealthy: 0 },
  };
  const more = Math.max(0, minHealthy - health.minHealthy);
  return {
    ...plan,
    health: {
      ...health,
      minHealthy: health.minHealthy + more,
      timeout: health.timeout + more,
    },
  };
}

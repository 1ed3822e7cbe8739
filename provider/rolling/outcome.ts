import type { State } from "../state";
import { marksOf } from "../marks";
import type { Plan } from "../plan";
import { digest } from "../run-key";
import { fleetLockPath } from "./earlier";
import type { Fleet } from "./fleet";
import { recordOf } from "./records";
import type { FleetEnd, HostEnd } from "./roll-fleet";
import {
  FLEET_SCHEMA_VERSION,
  type FleetState,
  type HostRecord,
} from "./state";
import type { GoneHost } from "./known";

/** How many of the fleet are done, failed, and still to go. */
export interface Count {
  total: number;
  done: number;
  failed: number;
  left: number;
  /** Of those that are done: `onlyIf` said that there was nothing to do. */
  notNeeded: number;
}

export function countOf(fleet: Fleet, hosts: HostEnd[]): Count {
  const failed = hosts.filter(({ reasons }) => reasons !== null).length;
  const all = hosts.filter(({ key, state, reasons, left }) => {
    const { runKey } = fleet.plans.get(key)!;
    if (reasons || left || !state || state.failure) return false;
    return state.runKey === runKey;
  });
  const notNeeded = all.filter(({ state }) => state?.outcome === "notNeeded");
  const [total, done] = [hosts.length, all.length];
  return {
    ...{ total, done, failed, left: total - done - failed },
    notNeeded: notNeeded.length,
  };
}

/** `12 of 40 done (3 not needed), 1 failed, 27 to go` */
export function describeCount(count: Count): string {
  const { total, done, failed, left, notNeeded } = count;
  const idle = notNeeded > 0 ? ` (${notNeeded} not needed)` : "";
  const parts = [`${done} of ${total} done${idle}`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (left > 0) parts.push(`${left} to go`);
  return parts.join(", ");
}

/** Why the operation failed: the roll as a whole first, then each host with its own story. `null`: it did not. */
export function reasonsOf(
  count: Count,
  { hosts, stopped }: Pick<FleetEnd, "hosts" | "stopped">,
): string[] | null {
  if (count.failed === 0 && count.left === 0) return null;
  const why = stopped === null ? "" : `: stopped: ${stopped}`;
  return [
    `roll: ${describeCount(count)}${why}`,
    ...hosts.flatMap(({ reasons }) => reasons ?? []),
  ];
}

/** What goes into the state. */
export function fleetState(
  fleet: Fleet,
  before: FleetState | null,
  { hosts, removed = [] }: { hosts: HostEnd[]; removed?: GoneHost[] },
  reasons: string[] | null,
): FleetState {
  const lock = { ...fleet.lock, path: fleetLockPath(fleet) };
  const plans = [...fleet.plans.values()];
  const own = {
    lock,
    runKey: usual(plans.map(({ runKey }) => runKey)),
    mark: usual(plans.map(markOf)),
  };
  const results: Record<string, HostRecord> = {};
  for (const { key, state, canary } of hosts) {
    if (!state) continue;
    const plan = fleet.plans.get(key)!;
    const record = recordOf(key, withGroupOf(plan, state), own, canary);
    const mark = markOf(plan);
    results[key] = mark === own.mark ? record : { ...record, mark };
  }
  const left: Record<string, HostRecord> = {};
  // by the machine: another one may have its key by now
  for (const { state } of removed)
    left[state.target] = recordOf(state.target, state, own, false);
  const auth = authOf([...hosts, ...removed]);
  const failure = reasons && {
    since: before?.failure?.since ?? new Date().toISOString(),
    count: (before?.failure?.count ?? 0) + 1,
    reason: reasons[0]!.slice(0, 300),
    ...(fleet.urn ? { urn: fleet.urn } : {}),
  };
  return {
    schemaVersion: FLEET_SCHEMA_VERSION,
    ...(fleet.urn ? { urn: fleet.urn } : {}),
    ...own,
    results,
    ...(removed.length > 0 ? { removed: left } : {}),
    verified: hosts.every(({ state }) => state?.verified === true),
    summary: describeCount(countOf(fleet, hosts)),
    ...(failure ? { failure } : {}),
    ...(auth ? { keptAuth: auth } : {}),
  };
}

/** Another group counts from now on, unless a lock is still kept under the old one. */
function withGroupOf({ lock }: Plan, state: State): State {
  if (state.kept) return state;
  return { ...state, lock: { ...state.lock, data: lock.group } };
}

/** Of all kept locks: their servers are the same unless the lock was changed meanwhile. */
function authOf(hosts: { state: State | null }[]): State["keptAuth"] {
  return hosts.find(({ state }) => state?.kept && state.keptAuth)?.state
    ?.keptAuth;
}

/** What most of them have. */
function usual(values: string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]![0];
}

/** A hash over the parts of a host whose change touches nothing. */
export function markOf(plan: Plan): string {
  return digest(marksOf(plan), 8);
}

import type { Plan } from "../plan";
import type { State } from "../state";
import { isDue as dueIn } from "./decide";
import { NOTHING } from "./earlier";
import type { Fleet } from "./fleet";
import { stateOf } from "./records";
import { situationOf } from "./situation";
import { allRecords, type FleetState, type HostRecord } from "./state";

/** One host of the fleet in one operation. */
export interface HostRun {
  key: string;
  plan: Plan;
  /** What is known of its machine; `null`: nothing. */
  state: State | null;
  /** It has stood for the others, with the `runKey` of its state. */
  canary: boolean;
}

/** A machine that is no longer of the fleet. */
export interface GoneHost {
  key: string;
  state: State;
}

/**
 * Brings together what is wanted and what is known: by the machine's name, not by the host's key,
 * so that a host with another key, another place in the order or another group is no new one.
 */
export function hostsOf(
  fleet: Fleet,
  before: FleetState | null,
): { hosts: HostRun[]; gone: GoneHost[] } {
  const known = new Map<string, GoneHost & { record: HostRecord }>();
  for (const [key, record] of before ? allRecords(before) : []) {
    const state = stateOf(key, record, before!);
    known.set(state.target, { key, state, record });
  }
  const hosts = [...fleet.plans].map(([key, plan]) => {
    const found = known.get(plan.target);
    known.delete(plan.target);
    const canary = found?.record.canary ?? false;
    return { key, plan, state: found?.state ?? null, canary };
  });
  const gone = [...known.values()].map(({ key, state }) => ({ key, state }));
  return { hosts, gone };
}

/** Whether it is to be taken in hand, by the state alone. What ZooKeeper knows may make it due too. */
export function isDue(host: HostRun): boolean {
  return dueIn(situationOf(host, NOTHING));
}

/** Done, with what is wanted now. */
export function isDone(host: HostRun): boolean {
  return !isDue(host);
}

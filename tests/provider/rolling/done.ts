import { marksOf } from "../../../provider/marks";
import { fleetOf } from "../../../provider/rolling/fleet";
import { fleetState } from "../../../provider/rolling/outcome";
import type { HostEnd } from "../../../provider/rolling/roll-fleet";
import {
  readFleetState,
  type FleetState,
} from "../../../provider/rolling/state";
import { identityOf, SCHEMA_VERSION, toState } from "../../../provider/state";
import type { State } from "../../../provider/state";
import { typed } from "./inputs";

/** The outputs after a roll of these inputs that went well, but for what is said of some hosts. */
export function done(
  inputs: Record<string, unknown>,
  over: Record<string, Partial<State> | null> = {},
  reasons: string[] | null = null,
): FleetState {
  const fleet = fleetOf(typed(inputs), {});
  const hosts = [...fleet.plans].map(([key, plan]): HostEnd => {
    const state: State = {
      schemaVersion: SCHEMA_VERSION,
      target: plan.target,
      lock: { ...identityOf(plan.lock), path: "/locked-action/web" },
      ...{ runKey: plan.runKey, marks: marksOf(plan) },
      ...{ outcome: "acted", verified: true },
      ...over[key],
    };
    const known = over[key] === null ? null : state;
    return { key, state: known, canary: false, reasons: null };
  });
  const state = fleetState(fleet, null, { hosts }, reasons);
  return readFleetState(toState(state))!;
}

/** As a host is that failed, and keeps its lock. */
export const FAILED: Partial<State> = {
  ...{ outcome: undefined, verified: false },
  failure: {
    ...{ since: "2026-01-02T03:04:05.000Z", count: 1, step: "verify" },
    ...{ phase: "acted", reason: "r", runKey: "k", drained: false },
  },
  kept: { holder: "h", subject: "nginx", why: "failed" },
};

import type { Survey } from "../../core/action";
import type { HistoryRecord } from "../../core/lock/types";
import { SCHEMA_VERSION, type State } from "../state";
import { fleetLockPath } from "./earlier";
import type { Fleet } from "./fleet";
import type { HostRun } from "./known";

/** A host that an earlier run of the same roll has done. */
export interface Resumed {
  host: HostRun;
  state: State;
  /** It stood for the others then, and passed. */
  canary: boolean;
}

export function resumed(
  fleet: Fleet,
  host: HostRun,
  record: HistoryRecord,
  survey: Survey | undefined,
): Resumed {
  const { plan } = host;
  const seen = survey?.kind === "seen" && survey.identities !== null;
  const { verified = seen } = record;
  const state: State = {
    schemaVersion: SCHEMA_VERSION,
    target: plan.target,
    lock: { ...fleet.lock, data: plan.lock.group, path: fleetLockPath(fleet) },
    runKey: plan.runKey,
    marks: {},
    outcome: record.kind as "acted" | "alreadyRestarted" | "notNeeded",
    ...(record.after ? { processAfter: record.after } : {}),
    verified,
    finishedAt: record.at,
  };
  const canary = record.canary === true && record.verified === true;
  return { host, state, canary };
}

import { randomBytes } from "node:crypto";
import { parseInputs, type Properties } from "../check";
import { releaseKeptLock, standing } from "../kept";
import { cannotRelease, type Operation } from "../lifecycle";
import { PartialFailure } from "../partial";
import { quiet } from "../quiet";
import type { Runtime } from "../runtime";
import { rollingInputs, type RollingActionInputs } from "../schema/rolling";
import { toState, type State } from "../state";
import { checkNothingKept } from "../unread";
import { PatternInDoubt } from "./ask";
import {
  anyPlan,
  forgetRoll,
  isElsewhere,
  leftByFleet,
  recordEnd,
} from "./earlier";
import { fittedState } from "./fitted";
import { fleetOf, type Fleet } from "./fleet";
import { hostsOf, isDue, type GoneHost, type HostRun } from "./known";
import { countOf, describeCount, fleetState, reasonsOf } from "./outcome";
import { stateOf } from "./records";
import { rollFleet, type FleetEnd } from "./roll-fleet";
import { allRecords, readFleetState, type FleetState } from "./state";

export async function create(
  operation: Operation,
  news: Properties,
): Promise<{ id: string; outs: Properties }> {
  const id = randomBytes(8).toString("hex");
  return { id, ...(await operate(operation, id, null, news)) };
}

export async function update(
  operation: Operation,
  id: string,
  olds: Properties,
  news: Properties,
): Promise<{ outs: Properties }> {
  return operate(operation, id, readFleetState(olds), news);
}

/** @throws PartialFailure with what is owed, and what is known of each host */
async function operate(
  { runtime, run }: Operation,
  id: string,
  before: FleetState | null,
  news: Properties,
): Promise<{ outs: Properties }> {
  const inputs = parseInputs<RollingActionInputs>(news, rollingInputs);
  const fleet = fleetOf(inputs, runtime.settings.settings);
  const { hosts, gone } = hostsOf(fleet, before);
  const startedAt = new Date().toISOString();
  const fail = (state: FleetState, reasons: string[]): never => {
    const short = fittedState(state);
    for (const warning of short.warnings ?? [])
      runtime.status.warn(fleet.urn, warning);
    if (reasons[0] && !run.stop.aborted) runtime.failed(reasons[0]);
    throw new PartialFailure(id, short, reasons, news.__provider);
  };
  const freed = await freeLocks(runtime, fleet, hosts, gone);
  if (freed.reasons.length > 0)
    return fail(asBefore(fleet, before, freed), freed.reasons);
  let end: FleetEnd;
  try {
    const endFirst = before?.endUnrecorded ?? false;
    const options = { before, endFirst };
    end = await rollFleet(runtime, run, fleet, freed.hosts, options);
  } catch (error) {
    // before anybody was begun
    const why = error instanceof Error ? error.message : String(error);
    const story = error instanceof PatternInDoubt ? error.story : [];
    const reasons = [`roll: nothing was begun: ${why}`, ...story];
    return fail(asBefore(fleet, before, freed, reasons), reasons);
  }
  if (before && end.locked && isElsewhere(fleet, before))
    await forgetRoll(runtime, before, "it goes on under another lock");
  const count = countOf(fleet, end.hosts);
  const reasons = reasonsOf(count, end);
  const state: FleetState = {
    ...fleetState(fleet, before, end, reasons),
    ...(end.endUnrecorded ? { endUnrecorded: true } : {}),
    startedAt,
    finishedAt: new Date().toISOString(),
  };
  if (reasons) return fail(state, reasons);
  // also where all that an unfinished roll owed has left the fleet
  if (end.locked || unfinished(fleet, before)) {
    const problem = await sayItEnded(runtime, fleet, describeCount(count));
    if (problem)
      Object.assign(state, { endUnrecorded: true, warnings: [problem] });
  }
  return { outs: toState(state) };
}

function unfinished(fleet: Fleet, before: FleetState | null): boolean {
  return before?.failure?.urn !== undefined && !anyPlan(fleet).lock.skip;
}

/** @returns what is in doubt, if it is */
async function sayItEnded(
  runtime: Runtime,
  fleet: Fleet,
  reason: string,
): Promise<string | null> {
  try {
    await recordEnd(runtime, fleet, reason);
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const problem = `the end of the roll could not be recorded in the history of lock ${fleet.lock.name}: ${why}`;
    runtime.status.warn(fleet.urn, problem);
    return problem;
  }
}

interface Freed {
  hosts: HostRun[];
  /** Those whose lock still stands. */
  gone: GoneHost[];
  reasons: string[];
}

/** Locks that nobody has a use for: of machines that left the fleet, and of hosts that owe nothing. */
async function freeLocks(
  runtime: Runtime,
  fleet: Fleet,
  hosts: HostRun[],
  gone: GoneHost[],
): Promise<Freed> {
  const freed: Freed = { hosts: [], gone: [], reasons: [] };
  const { skip } = anyPlan(fleet).lock;
  for (const host of hosts) {
    const { state } = host;
    // what is owed, or was begun by a killed run, goes on under its lock, nothing else does
    const used = state?.failure !== undefined || state?.kept?.why === "stale";
    const free =
      state !== null && !skip && !used
        ? await freeLock(runtime, state, freed.reasons)
        : state;
    freed.hosts.push({ ...host, state: free ?? state });
  }
  for (const { key, state } of gone)
    if (!(await freeLock(runtime, state, freed.reasons)))
      freed.gone.push({ key, state });
  return freed;
}

/** @returns the state without the lock; `null` if it could not be given back */
async function freeLock(
  runtime: Runtime,
  state: State,
  reasons: string[],
): Promise<State | null> {
  const kept = standing(state);
  if (!kept) return state;
  try {
    await releaseKeptLock(runtime, kept, "the resource has no use for it");
    return { ...state, kept: undefined, keptAuth: undefined };
  } catch (error) {
    reasons.push(`${state.target}: release: ${cannotRelease(kept, error)}`);
    return null;
  }
}

/** Nothing was done. */
function asBefore(
  fleet: Fleet,
  before: FleetState | null,
  { hosts, gone, reasons: freed }: Freed,
  reasons = freed,
): FleetState {
  const ends = hosts.map((host) => ({
    ...{ key: host.key, state: host.state, canary: host.canary },
    ...{ reasons: null, left: isDue(host) },
  }));
  const all = { hosts: ends, removed: gone };
  const state = fleetState(fleet, before, all, reasons);
  // ZooKeeper may have been told, or not: to say it twice does no harm
  return before?.endUnrecorded ? { ...state, endUnrecorded: true } : state;
}

/** Gives back what hosts still hold. @throws if one can't be given back */
export async function remove(
  runtime: Runtime,
  olds: Properties,
): Promise<void> {
  const state = readFleetState(olds);
  if (!state) return checkNothingKept(olds);
  const reasons: string[] = [];
  for (const [key, record] of allRecords(state))
    await freeLock(runtime, stateOf(key, record, state), reasons);
  for (const stray of await leftByFleet(runtime, state))
    await releaseKeptLock(runtime, stray, "the resource was deleted").catch(
      (error: unknown) =>
        reasons.push(`${stray.owner.target}: ${cannotRelease(stray, error)}`),
    );
  if (reasons.length > 0)
    throw quiet(new Error(`${reasons.join("; ")}; then delete it again`));
  await forgetRoll(runtime, state, "the resource was deleted");
}

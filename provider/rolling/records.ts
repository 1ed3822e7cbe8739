import { keptState, standing } from "../kept";
import { SCHEMA_VERSION, type Failure, type State } from "../state";
import type { FleetState, HostFailure, HostRecord } from "./state";

/** Bytes of one record, as JSON. */
export const RECORD_SIZE = 400;
/** Bytes of a reason that are always kept. */
const SHORTEST_REASON = 40;
/** Processes of one host that are named. */
const PROCESSES = 2;

type Own = Pick<FleetState, "lock" | "runKey">;

/** What a record says, as a `LockedAction` would have it in its state. */
export function stateOf(
  key: string,
  record: HostRecord,
  { lock, runKey, keptAuth }: Own & Pick<FleetState, "keptAuth">,
): State {
  const { target = key, group = target } = record;
  const own = record.runKey ?? runKey;
  const { outcome, verified, process, at, failure, kept } = record;
  return {
    schemaVersion: SCHEMA_VERSION,
    target,
    lock: { ...lock, data: group },
    runKey: own,
    marks: {},
    verified,
    ...(outcome ? { outcome } : {}),
    ...(process ? { processAfter: process } : {}),
    ...(at ? { finishedAt: at } : {}),
    ...(failure ? { failure: failureOf(failure, own) } : {}),
    ...(kept ? { kept } : {}),
    ...(kept && keptAuth ? { keptAuth } : {}),
  };
}

function failureOf(
  { runKey, drained, ...failure }: HostFailure,
  own: string,
): Failure {
  return { ...failure, runKey: runKey ?? own, drained: drained ?? false };
}

/** The short record of a state, beside what the fleet's own state says. */
export function recordOf(
  key: string,
  state: State,
  fleet: Own,
  canary: boolean,
): HostRecord {
  const { target, outcome, verified, processAfter, finishedAt } = state;
  const group = state.lock.data;
  const own = { target, lock: { ...fleet.lock, data: group } };
  const why = state.kept?.why ?? "failed";
  const { kept } = keptState(standing(state), why, own);
  const record: HostRecord = {
    ...(target === key ? {} : { target }),
    ...(group === target ? {} : { group }),
    ...(outcome ? { outcome } : {}),
    ...(state.runKey === fleet.runKey ? {} : { runKey: state.runKey }),
    ...(processAfter?.length
      ? { process: processAfter.slice(0, PROCESSES) }
      : {}),
    verified,
    ...(finishedAt ? { at: finishedAt } : {}),
    ...(canary ? { canary } : {}),
    ...(kept ? { kept } : {}),
  };
  const { failure } = state;
  if (!failure) return fitted(record);
  return fitted({ ...record, failure: shortFailure(failure, state) });
}

function shortFailure(
  { runKey, drained, ...failure }: Failure,
  state: State,
): HostFailure {
  return {
    ...failure,
    ...(runKey === state.runKey ? {} : { runKey }),
    ...(drained ? { drained } : {}),
  };
}

/**
 * Within its size: first what the processes were afterwards goes (they are no proof of
 * anything), then the end of the reason. A baseline is never cut, for a part of one would lie; one
 * that is too long goes as a whole, and then nothing is taken for done that was not.
 */
function fitted(record: HostRecord): HostRecord {
  if (over(record) <= 0) return record;
  const rest = { ...record, process: undefined };
  const { failure } = rest;
  if (over(rest) <= 0 || !failure) return rest;
  const room = size(failure.reason) - over(rest) - size("…");
  const reason = beginning(failure.reason, Math.max(SHORTEST_REASON, room));
  const short = { ...rest, failure: { ...failure, reason } };
  if (over(short) <= 0) return short;
  return { ...short, failure: { ...short.failure, baseline: undefined } };
}

function over(record: HostRecord): number {
  return Buffer.byteLength(JSON.stringify(record)) - RECORD_SIZE;
}

/** Bytes of a text within JSON. */
function size(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/** So many bytes of a text, within JSON; never a part of a character. */
function beginning(text: string, bytes: number): string {
  let [kept, left] = ["", bytes];
  for (const character of text) {
    left -= size(character);
    if (left < 0) return `${kept}…`;
    kept += character;
  }
  return text;
}

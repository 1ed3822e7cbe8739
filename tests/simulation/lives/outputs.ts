import { isDeepStrictEqual } from "node:util";
import { readFleetState, allRecords } from "../../../provider/rolling/state";
import { readState, type Failure, type Kept } from "../../../provider/state";
import type { Inputs, Resource } from "./program";
import type { Stage } from "./stage";
import { runKeyOf } from "./up";

/** What the state file says of one machine. */
export interface RecordSeen {
  state: "owed" | "recording" | "done";
  outcome: string | undefined;
  verified: boolean;
  kept: string | undefined;
  /** The kept lock is the one that the resource has now. */
  keptHere: boolean;
  doubt: boolean;
  /** What it says of the last run on it: the same text, and no later run is told of. */
  run: string;
  /** It is about what is wanted now. */
  current: boolean;
}

export type Records = Map<string, RecordSeen>;

/** Reads outputs as the product does, and as they stand, and compares. */
export function judgeOutputs(
  stage: Stage,
  resource: Resource,
  outputs: Inputs | null,
  { quiet }: { quiet: boolean },
): Records {
  const records: Records = new Map();
  if (!outputs) return records;
  const { reference } = stage;
  const plain = { ...outputs };
  delete plain.__provider;
  if (!quiet) {
    const { keptAuth, ...told } = plain;
    void keptAuth;
    stage.heard.add(JSON.stringify(told));
  }
  const read =
    resource.kind === "rolling" ? readFleetState(plain) : readState(plain);
  if (
    !quiet &&
    !("packed" in plain) &&
    !isDeepStrictEqual(JSON.parse(JSON.stringify(read)), plain)
  )
    reference.broken(
      "read back",
      `${difference(plain, read as unknown as Inputs)} of ${resource.urn} is read back otherwise`,
    );
  if (!read) return records;
  if (resource.kind === "locked") {
    const state = readState(plain)!;
    const [member] = resource.members;
    if (state.target !== member!.machine) return records;
    records.set(
      state.target,
      seen(state, state.runKey === runKeyOf(resource, member!)),
    );
    return records;
  }
  const fleet = readFleetState(plain)!;
  for (const [key, record] of allRecords(fleet)) {
    const machine = record.target ?? key;
    const member = resource.members.find((each) => each.machine === machine);
    const current =
      member !== undefined &&
      (record.runKey ?? fleet.runKey) === runKeyOf(resource, member);
    records.set(machine, seen(record, current));
  }
  return records;
}

function seen(
  state: {
    outcome?: string;
    verified: boolean;
    kept?: Kept;
    failure?: Pick<Failure, "phase">;
    finishedAt?: string;
    at?: string;
  },
  current: boolean,
): RecordSeen {
  const { outcome, verified, kept, failure } = state;
  const at = state.finishedAt ?? state.at;
  const how = !failure
    ? current
      ? "done"
      : "owed"
    : failure.phase === "record"
      ? "recording"
      : "owed";
  return {
    ...{ state: how, outcome, verified, current, kept: kept?.holder },
    keptHere: !kept?.path && !kept?.lock && !kept?.target,
    doubt: kept?.why === "doubt",
    run: JSON.stringify([current, outcome, at, verified, failure]),
  };
}

/** `2 of 3 done, 1 failed`: no more than there are. */
export function judgeCount(
  { reference }: Stage,
  resource: Resource,
  summary: string,
  records: Records,
): void {
  const [, done, total] = /^(\d+) of (\d+) done/.exec(summary) ?? [];
  const { members, urn } = resource;
  const really = members.filter(({ machine }) => {
    const { due } = reference.entry(urn, machine);
    return records.get(machine)?.state === "done" && !due;
  }).length;
  if (Number(total) !== members.length || Number(done) > really)
    reference.broken(
      "count",
      `${resource.urn}: "${summary}", but ${really} of ${members.length} are done`,
    );
}

function difference(a: Inputs, b: Inputs | null): string {
  if (!b) return "all";
  const differs = Object.keys({ ...a, ...b }).find(
    (key) =>
      !isDeepStrictEqual(
        a[key],
        JSON.parse(JSON.stringify(b[key] ?? null)) ?? undefined,
      ),
  );
  return `${differs}: ${JSON.stringify(a[differs!])} / ${JSON.stringify(b[differs!])}`.slice(
    0,
    600,
  );
}

import { STATE_SIZE, structSize } from "../failure-size";
import { toState } from "../state";
import { pack } from "./packed";
import type { FleetState, HostRecord } from "./state";

/** One way to say less of a host; `null`: nothing at all. */
interface Shortening {
  of: (record: HostRecord, state: FleetState) => HostRecord | null;
  /** What the user has to know of it. */
  loses?: string;
}

/** From what is missed least to what is missed most; each goes on from the one before. */
const SHORTENINGS: Shortening[] = [
  { of: (record) => record },
  // those who are done keep that they are
  {
    of: (record) =>
      record.failure || record.kept
        ? record
        : { ...record, process: undefined, at: undefined },
  },
  { of: withoutStory },
  {
    of: (record) => (record.failure ? { ...record, kept: undefined } : record),
    loses:
      "which locks are kept: they are found again in ZooKeeper by who owes, but not given back if a host leaves the fleet",
  },
  {
    of: (record) => (record.failure || record.kept ? record : null),
    loses:
      "who is done: what this roll did is in the lock's history, what earlier ones did is done again",
  },
  { of: () => null, loses: "all hosts: each is taken for new" },
];

/** A state that fits into a failure: past its bound, its records are packed, and shortened as far as needed. */
export function fittedState(state: FleetState): FleetState {
  if (fits(state)) return state;
  let { results, removed = {} } = state;
  let short = state;
  for (const { of, loses } of SHORTENINGS) {
    results = shortened(results, state, of);
    removed = shortened(removed, state, of);
    const packed = pack({ results, removed });
    const { warnings = [] } = short;
    short = { ...state, results: {}, removed: undefined, packed };
    const told = loses
      ? [
          ...warnings,
          `too many hosts for the state of a failure; lost: ${loses}`,
        ]
      : warnings;
    if (told.length > 0) short.warnings = told;
    if (fits(short)) break;
  }
  return short;
}

function fits(state: FleetState): boolean {
  return structSize(toState(state)) <= STATE_SIZE;
}

function shortened(
  records: Record<string, HostRecord>,
  state: FleetState,
  of: Shortening["of"],
): Record<string, HostRecord> {
  return Object.fromEntries(
    Object.entries(records).flatMap(([key, record]) => {
      const short = of(record, state);
      return short ? [[key, short]] : [];
    }),
  );
}

/** What remains of a failure is alike for many hosts: at which step it was, and how far it had come. */
function withoutStory(record: HostRecord, state: FleetState): HostRecord {
  const { failure } = record;
  if (!failure) return record;
  const since = state.failure?.since ?? failure.since;
  const rest = { ...failure, since, reason: "", baseline: undefined };
  return { ...record, process: undefined, at: undefined, failure: rest };
}

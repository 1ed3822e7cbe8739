import { createHash } from "node:crypto";
import type { Baseline } from "../lock/types";
import type { ProcessSpec } from "../process/types";
import type { Seen } from "./look";
import type { LastRun } from "./types";

/** Characters of the hash of what was looked for. */
const SHORT_HASH = 8;

/** What one look saw, for later looks at the same to be compared with. */
export function taken(process: ProcessSpec, seen: Seen): Baseline {
  return { ...baselineOf(seen), by: hashOf(process) };
}

export function baselineOf(seen: Seen): Baseline {
  const invocationId = seen.invocationId ?? seen.ended?.invocationId;
  return {
    identities: seen.identities,
    ...(invocationId ? { invocationId } : {}),
  };
}

/** A corrected pattern finds what ran all the time: against the old baseline that would look like a restart. */
export function isComparable(
  { by }: Baseline,
  process: ProcessSpec | null,
): boolean {
  return by === undefined || (process !== null && by === hashOf(process));
}

/** A last run, without a baseline that says nothing of what is watched now. */
export function comparable(
  last: LastRun,
  process: ProcessSpec | null,
): LastRun {
  const { baseline, ...rest } = last;
  return baseline && !isComparable(baseline, process) ? rest : last;
}

function hashOf(process: ProcessSpec): string {
  const entries = Object.entries(process).sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash("sha256").update(JSON.stringify(entries));
  return hash.digest("hex").slice(0, SHORT_HASH);
}

import { z } from "zod";
import type { LockSpec } from "../../core/action/types";
import { baseline, checks, identity, kept } from "../state";
import type { Failure, Kept, LockIdentity } from "../state";
import { unpack } from "./packed";

/** The version of the outputs that this code writes. */
export const FLEET_SCHEMA_VERSION = 1;

/** What is known of one host: at most 400 bytes of the state. */
export interface HostRecord {
  /** Absent: the host's key. */
  target?: string;
  /** Its lock data. Absent: the target. */
  group?: string;
  /** What its last run did; absent while none has ended well. */
  outcome?:
    "acted" | "alreadyRestarted" | "notNeeded" | "recorded" | "skippedLock";
  /** Absent: that of the fleet. */
  runKey?: string;
  /** Identities of its processes after it; a few of them where there are many. */
  process?: string[];
  /** Something was verified, by a look at processes or a health check. */
  verified: boolean;
  /** ISO 8601: when its last run ended. */
  at?: string;
  /** It has stood for the others, with this `runKey`. */
  canary?: boolean;
  failure?: HostFailure;
  /** A lock of its own that still stands. */
  kept?: Kept;
  /** Absent: that of the fleet. */
  mark?: string;
}

/** `Failure`, without what the record says already. */
export type HostFailure = Omit<Failure, "runKey" | "drained"> & {
  /** Absent: that of the record. */
  runKey?: string;
  /** Absent: false. */
  drained?: boolean;
};

/** The outputs of a `RollingAction`, and what `diff`, `update` and `delete` need. */
export interface FleetState {
  schemaVersion: number;
  /** The resource's own, as its last roll had it. */
  urn?: string;
  /** `data` is each host's own, and empty here. */
  lock: LockIdentity & { path?: string };
  /** What most hosts have. */
  runKey: string;
  /** A hash over what touches no host when it changes, as most hosts have it. */
  mark: string;
  /** By the hosts' keys. */
  results: Record<string, HostRecord>;
  /** Instead of `results` and `removed`, where a failure has no room for them: see packed.ts. */
  packed?: string;
  /** Machines that are of the fleet no more, but whose lock could not be given back yet. */
  removed?: Record<string, HostRecord>;
  /** Each host was verified by its last run. */
  verified: boolean;
  /** One line: how many are done, failed, owed. */
  summary: string;
  startedAt?: string;
  finishedAt?: string;
  warnings?: string[];
  /** Something is owed. `urn`: whose unfinished roll stands in the lock's history. */
  failure?: { since: string; count: number; reason: string; urn?: string };
  /** A roll has ended, or went on without the lock, but ZooKeeper does not know of it. */
  endUnrecorded?: boolean;
  /** Credentials for kept locks; a secret output. */
  keptAuth?: LockSpec["auth"];
}

const failure = z.object({
  since: z.string(),
  count: z.number(),
  step: z.string(),
  phase: z.enum(["record", "owed", "attempted", "acted", "verified"]),
  reason: z.string(),
  runKey: z.string().optional(),
  baseline: baseline.optional(),
  drained: z.boolean().optional(),
  verifiedBy: checks.optional(),
  act: z.string().optional(),
  skippedAt: z.string().optional(),
});

const hostRecord = z.looseObject({
  target: z.string().optional(),
  group: z.string().optional(),
  runKey: z.string().optional(),
  process: z.array(z.string()).optional(),
  verified: z.boolean(),
  at: z.string().optional(),
  canary: z.boolean().optional(),
  failure: failure.optional(),
  kept: kept.optional(),
  mark: z.string().optional(),
});

const version1 = z.looseObject({
  schemaVersion: z.number(),
  urn: z.string().optional(),
  lock: identity,
  runKey: z.string(),
  mark: z.string(),
  results: z.record(z.string(), hostRecord),
  removed: z.record(z.string(), hostRecord).optional(),
  verified: z.boolean(),
  summary: z.string(),
  failure: z
    .object({
      since: z.string(),
      count: z.number(),
      reason: z.string(),
      urn: z.string().optional(),
    })
    .optional(),
  endUnrecorded: z.boolean().optional(),
  keptAuth: z
    .array(z.object({ scheme: z.string(), credentials: z.string() }))
    .optional(),
});

/** All machines that are known, with the key of each: those that are of the fleet, and those that were. */
export function allRecords({
  removed = {},
  results,
}: FleetState): [key: string, record: HostRecord][] {
  return [...Object.entries(removed), ...Object.entries(results)];
}

/** Reads the outputs of an earlier run; `null`: they are none of ours, or were damaged by hand. */
export function readFleetState(outputs: unknown): FleetState | null {
  const read = version1.safeParse(unpacked(outputs));
  return read.success ? (read.data as FleetState) : null;
}

function unpacked(outputs: unknown): unknown {
  const { packed, ...state } = (outputs ?? {}) as Record<string, unknown>;
  if (typeof packed !== "string") return outputs;
  const records = unpack(packed);
  return records && { ...state, ...records };
}

import { z } from "zod";
import type { Check, LockFacts, LockSpec } from "../core/action/types";
import type { Baseline } from "../core/lock/types";
import { asWrittenNow } from "./first-state";
import type { Marks } from "./marks";
import { DEFAULT_ROOT } from "./plan";
import { digest } from "./run-key";

/** The version of the outputs that this code writes. */
export const SCHEMA_VERSION = 1;

/** What counts of a lock: which it is, and what belongs to it. */
export type LockIdentity = Pick<LockSpec, "servers" | "name"> & {
  /** Absent: `DEFAULT_ROOT`. */
  root?: string;
  data: string;
  /** Absent: 1. A state is written often, so what has its default is left out. */
  maxHolders?: number;
  maxPerGroup?: number;
  /** Absent: 1. */
  maxFailures?: number;
  chef?: LockSpec["chef"];
};

/** A restart that is owed: what failed, and how far it had come. */
export interface Failure {
  /** ISO 8601: when it failed for the first time. */
  since: string;
  /** Failed attempts since then. */
  count: number;
  step: string;
  phase: "record" | "owed" | "attempted" | "acted" | "verified";
  reason: string;
  runKey: string;
  baseline?: Baseline;
  drained: boolean;
  /** What had been verified, where the phase is "verified". */
  verifiedBy?: Check[];
  /** The run whose act the phase tells of: the beginning of its id. */
  act?: string;
  /** ISO 8601: when a run that took no lock has last acted. */
  skippedAt?: string;
}

/** A lock of ours that still stands, with all that is needed to adopt or release it. */
export interface Kept {
  /** Name of the holder's znode. */
  holder: string;
  subject: string;
  /** `failed`: kept on purpose · `doubt`: its release was not confirmed · `stale`: left by a killed run, and not taken over yet. */
  why: "failed" | "doubt" | "stale";
  /** Absent: the resource's own. */
  target?: string;
  /** Absent: the path that stands in `lock`. */
  path?: string;
  /** Absent: the lock that stands in `lock`. */
  lock?: LockIdentity;
}

/** The outputs of a `LockedAction`, and what `diff`, `update` and `delete` need. */
export interface State {
  schemaVersion: number;
  /** Hash of the resource's own URN, as its last run had it: by it a lock is known that only ZooKeeper knows of. */
  urnHash?: string;
  target: string;
  lock: LockIdentity & Partial<LockFacts>;
  runKey: string;
  marks: Marks;
  outcome?:
    "acted" | "alreadyRestarted" | "notNeeded" | "recorded" | "skippedLock";
  exitCode?: number;
  stdout?: string;
  stderr?: string;
  processBefore?: string[];
  processAfter?: string[];
  verified: boolean;
  verifiedBy?: string[];
  startedAt?: string;
  finishedAt?: string;
  warnings?: string[];
  failure?: Failure;
  kept?: Kept;
  /** Credentials for the kept lock; a secret output. */
  keptAuth?: LockSpec["auth"];
}

export const identity = z.looseObject({
  servers: z.string(),
  root: z.string().optional(),
  name: z.string(),
  data: z.string(),
  maxHolders: z.number().optional(),
  maxPerGroup: z.number().optional(),
  maxFailures: z.number().optional(),
  chef: z
    .object({
      root: z.string(),
      name: z.string().optional(),
      mode: z.enum(["tagged", "exact"]),
    })
    .optional(),
});

export const baseline = z.object({
  identities: z.array(z.string()),
  invocationId: z.string().optional(),
  by: z.string().optional(),
});

/** What proved an action. */
export const checks = z.array(
  z.enum(["boot", "process", "health", "exitCode"]),
);

const failure = z.object({
  since: z.string(),
  count: z.number(),
  step: z.string(),
  phase: z.enum(["record", "owed", "attempted", "acted", "verified"]),
  reason: z.string(),
  runKey: z.string(),
  baseline: baseline.optional(),
  drained: z.boolean(),
  verifiedBy: checks.optional(),
  act: z.string().optional(),
  skippedAt: z.string().optional(),
});

export const kept = z.object({
  holder: z.string(),
  subject: z.string(),
  why: z.enum(["failed", "doubt", "stale"]),
  target: z.string().optional(),
  path: z.string().optional(),
  lock: identity.optional(),
});

export const marks = z.record(z.string(), z.string());

const version1 = z.looseObject({
  schemaVersion: z.number(),
  urnHash: z.string().optional(),
  target: z.string(),
  lock: identity,
  runKey: z.string(),
  marks,
  verified: z.boolean(),
  finishedAt: z.string().optional(),
  failure: failure.optional(),
  kept: kept.optional(),
  keptAuth: z
    .array(z.object({ scheme: z.string(), credentials: z.string() }))
    .optional(),
});

/**
 * Reads the outputs of an earlier run, of this version or an older one. A newer one only
 * adds to what is read here. `null`: it is none of ours, or was damaged by hand.
 */
export function readState(outputs: unknown): State | null {
  const read = version1.safeParse(asWrittenNow(outputs));
  return read.success ? (read.data as State) : null;
}

/** The one way into the state file: plain JSON, nothing undefined, no date, no NaN. */
export function toState(state: object): Record<string, unknown> {
  const text = JSON.stringify(state, (key, value: unknown) => {
    if (typeof value === "number" && !Number.isFinite(value))
      throw new Error(`${key} is not a number that a state can hold`);
    return value;
  });
  return JSON.parse(text) as Record<string, unknown>;
}

export function identityOf(lock: LockSpec): LockIdentity {
  const { servers, root, name, group, limits, chef } = lock;
  const { maxHolders, maxPerGroup, maxFailures } = limits;
  return {
    ...{ servers, name, data: group },
    ...(root === DEFAULT_ROOT ? {} : { root }),
    ...(maxHolders === 1 ? {} : { maxHolders }),
    ...(maxFailures === 1 ? {} : { maxFailures }),
    // a null is not sure to come back from the engine
    ...(maxPerGroup === null ? {} : { maxPerGroup }),
    ...(chef ? { chef } : {}),
  };
}

export function sameIdentity(a: LockIdentity, b: LockIdentity): boolean {
  return KEYS.every((key) => digest(a[key], 12) === digest(b[key], 12));
}

const KEYS = [
  ...(["servers", "root", "name", "data", "chef"] as const),
  ...(["maxHolders", "maxPerGroup", "maxFailures"] as const),
] satisfies (keyof LockIdentity)[];

/** Without what is told of the lock's last holder. */
export function pickIdentity(lock: LockIdentity): LockIdentity {
  const entries = KEYS.map((key) => [key, lock[key]] as const);
  const given = entries.filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as unknown as LockIdentity;
}

import { z } from "zod";
import type { HistoryRecord, HolderRecord, Hold, Limits } from "../types";
import { MOST } from "../limits";

const text = z.string();
const seconds = z.number();

const hold = z.object({ why: text, by: text, since: text });

const bound = z.int().min(1).max(MOST);
/** Chef locks that one lock can go with: each is looked at by whoever shows it. */
const MOST_MIRRORS = 20;

/** What stands in L today, and in version 1: the same, with grants counted in H. */
const VERSION = 2;

const lockData = z.object({
  v: z.union([z.literal(1), z.literal(VERSION)]),
  max: bound,
  perGroup: bound.nullable().default(null),
  maxFailures: bound.default(1),
  hold: hold.nullable().default(null),
  mirrors: z
    .array(z.unknown())
    .default([])
    .transform((all) => all.filter(isPath).slice(0, MOST_MIRRORS)),
});

/** Data of L. */
export interface LockData {
  limits: Limits;
  hold: Hold | null;
  /** Paths of the Chef locks that are held together with it. */
  mirrors: string[];
}

/** L as it was read: `version` guards every grant. */
export interface LockState extends LockData {
  version: number;
  data: Buffer;
  /** Written by a version of this package that counts grants elsewhere: to be written anew before it is used. */
  outdated: boolean;
}

export function encodeLock({ limits, hold, mirrors }: LockData): Buffer {
  return Buffer.from(
    JSON.stringify({
      v: VERSION,
      max: limits.maxHolders,
      perGroup: limits.maxPerGroup,
      maxFailures: limits.maxFailures,
      hold,
      ...(mirrors.length > 0 ? { mirrors } : {}),
    }),
  );
}

/** Null: no lock of this package stands there, or one with limits out of bounds. */
export function decodeLock(data: Buffer, version = 0): LockState | null {
  const parsed = lockData.safeParse(json(data));
  if (!parsed.success) return null;
  const { v, max, perGroup, maxFailures, hold, mirrors } = parsed.data;
  return {
    limits: { maxHolders: max, maxPerGroup: perGroup, maxFailures },
    hold,
    mirrors,
    version,
    data,
    outdated: v !== VERSION,
  };
}

/** Why nothing can be done with the data of L, for people. */
export function describeForeignLock(data: Buffer): string {
  const { max, perGroup, maxFailures } = Object(json(data)) as Record<
    string,
    unknown
  >;
  const beyond = [max, perGroup, maxFailures].some(
    (limit) => typeof limit === "number" && !(limit >= 1 && limit <= MOST),
  );
  return beyond
    ? `has limits out of bounds (each must be from 1 to ${MOST})`
    : "is no lock of pulumi-locked-action (data of another program, or of a later version)";
}

/** Longest path that is taken for one. */
const LONGEST_PATH = 1000;

/** Whether a text is the path of a node, below the root. */
export function isPath(text: unknown): text is string {
  if (typeof text !== "string" || text.length > LONGEST_PATH) return false;
  if (!text.startsWith("/") || UNPRINTABLE.test(text)) return false;
  return text
    .slice(1)
    .split("/")
    .every((name) => name !== "" && name !== "." && name !== "..");
}

// oxlint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;

const failure = z.object({
  step: text,
  exit: z.number().optional(),
  reason: text,
  at: text,
  run: text.optional(),
});

/** What names a run: anything else names none that a host could know. */
const RUN_ID = /^[A-Za-z0-9._:-]{1,200}$/;
const UNKNOWN_RUN = "unknown";
/** Seconds: no act takes longer, and what is taken where nobody knows. */
const LONGEST_ACT = 7 * 86_400;
const UNKNOWN_DEADLINE = 3600;

const isDeadline = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value <= LONGEST_ACT;

const holder = z.object({
  v: z.literal(1),
  group: text,
  target: text,
  subject: text,
  urn: text.optional(),
  run: text,
  from: text,
  ci: text.optional(),
  action: text,
  runKey: text.optional(),
  since: text,
  state: z.enum(["held", "repairing", "failed"]),
  failure: failure.optional(),
  baseline: z
    .object({
      identities: z.array(text),
      invocationId: text.optional(),
      by: text.optional(),
      machine: text.optional(),
      pidNamespace: text.optional(),
    })
    .optional(),
  drained: z.boolean().optional(),
  acting: z
    .object({
      run: text.transform((run) => (RUN_ID.test(run) ? run : UNKNOWN_RUN)),
      runKey: text.optional(),
      since: text,
      deadline: z
        .unknown()
        .transform((end) => (isDeadline(end) ? end : UNKNOWN_DEADLINE)),
    })
    .optional(),
  mirror: z.custom<string>(isPath).optional().catch(undefined),
  roll: z.boolean().optional(),
  canary: z.boolean().optional(),
});

export function encodeHolder(record: HolderRecord): Buffer {
  return Buffer.from(JSON.stringify(record));
}

/** Null: not written by this package, or by a later one. */
export function decodeHolder(data: Buffer | undefined): HolderRecord | null {
  return holder.safeParse(json(data)).data ?? null;
}

const history = z.object({
  v: z.literal(1),
  at: text,
  kind: z.enum([
    ...["acted", "alreadyRestarted", "notNeeded", "recorded", "failed"],
    ...["cleared", "hold", "unhold", "limits", "roll"],
  ] as [HistoryRecord["kind"]]),
  by: text,
  target: text.optional(),
  subject: text.optional(),
  urn: text.optional(),
  run: text.optional(),
  ci: text.optional(),
  action: text.optional(),
  runKey: text.optional(),
  holder: text.optional(),
  fencingToken: text.optional(),
  waited: seconds.optional(),
  held: seconds.optional(),
  before: z.array(text).optional(),
  after: z.array(text).optional(),
  step: text.optional(),
  exit: z.number().optional(),
  reason: text.optional(),
  roll: z.boolean().optional(),
  canary: z.boolean().optional(),
  verified: z.boolean().optional(),
});

/** Longest text kept, in characters, and most identities: with the bound on records they bound their bytes. */
const LONGEST_TEXT = 1000;
const MOST_IDENTITIES = 100;

export function encodeHistory(record: HistoryRecord): Buffer {
  const bounded = (_key: string, value: unknown): unknown => {
    if (typeof value === "string") return value.slice(0, LONGEST_TEXT);
    if (!Array.isArray(value)) return value;
    const more = value.length - MOST_IDENTITIES;
    if (more <= 0) return value;
    return [...(value as unknown[]).slice(0, MOST_IDENTITIES), `${more} more`];
  };
  return Buffer.from(JSON.stringify(record, bounded));
}

export function decodeHistory(data: Buffer | undefined): HistoryRecord | null {
  return history.safeParse(json(data)).data ?? null;
}

function json(data: Buffer | undefined): unknown {
  try {
    return JSON.parse(data?.toString("utf8") ?? "");
  } catch {
    return undefined;
  }
}

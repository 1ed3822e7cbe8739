import { z } from "zod";

// What `--json` prints. Stable: fields are added, never renamed or removed;
// what is not known is null, never left out. Times are ISO 8601, ages seconds.

const text = z.string();
const orNull = text.nullable();
const seconds = z.number().min(0);

const who = {
  target: orNull,
  subject: orNull,
  urn: orNull,
  run: orNull,
  by: orNull,
  ci: orNull,
  action: orNull,
  since: orNull,
};

export const holderJson = z.strictObject({
  id: text,
  path: text,
  slot: z.int().min(0),
  group: text,
  state: z.enum(["live", "stale", "failed", "repairing"]),
  ageSeconds: seconds,
  fencingToken: text,
  ...who,
  failure: z
    .strictObject({
      step: text,
      exit: z.number().nullable(),
      reason: text,
      at: text,
    })
    .nullable(),
});

export const waiterJson = z.strictObject({
  id: text,
  /** 1 is next. */
  place: z.int().min(1),
  ageSeconds: seconds,
  ...who,
});

export const limitsJson = z.strictObject({
  maxHolders: z.int().min(1),
  maxPerGroup: z.int().min(1).nullable(),
  maxFailures: z.int().min(1),
});

/** `show`; and in `list` and `watch`. */
export const lockJson = z.strictObject({
  name: text,
  path: text,
  limits: limitsJson,
  hold: z.strictObject({ why: text, by: text, since: text }).nullable(),
  /** Why nobody new is granted; empty if only live holders are in the way. */
  blockedBy: z.array(z.enum(["failures", "stale", "hold"])),
  holders: z.array(holderJson),
  /** In the order in which they will be granted. */
  waiters: z.array(waiterJson),
});

/** `list`. */
export const locksJson = z.strictObject({
  at: text,
  servers: text,
  root: text,
  locks: z.array(lockJson),
});

/** Each line of `watch`: first each lock as it is, then each change. */
export const watchJson = z.strictObject({
  at: text,
  name: text,
  /** Null: it is gone. */
  lock: lockJson.nullable(),
});

/** Each line of `history`. */
export const historyJson = z.strictObject({
  at: text,
  kind: z.enum([
    "acted",
    "alreadyRestarted",
    "recorded",
    "failed",
    "cleared",
    "hold",
    "unhold",
    "limits",
    "roll",
  ]),
  lock: text,
  target: orNull,
  subject: orNull,
  urn: orNull,
  run: orNull,
  by: text,
  ci: orNull,
  action: orNull,
  holder: orNull,
  fencingToken: orNull,
  waitedSeconds: seconds.nullable(),
  heldSeconds: seconds.nullable(),
  before: z.array(text).nullable(),
  after: z.array(text).nullable(),
  step: orNull,
  exit: z.number().nullable(),
  reason: orNull,
});

/** `clear`, `hold`, `unhold` and `set`: what was done, and the lock afterwards. */
export const changeJson = z.strictObject({
  lock: text,
  change: z.enum(["cleared", "hold", "unhold", "limits"]),
  /** False: it was so already, and nothing was written. */
  changed: z.boolean(),
  by: text,
  why: text,
  holder: holderJson.nullable(),
  limits: limitsJson.nullable(),
});

/** `wait`. */
export const waitJson = z.strictObject({
  lock: text,
  free: z.literal(true),
  waitedSeconds: seconds,
});

/** `run`: the last line on stderr, for stdout is its command's. */
export const runJson = z.strictObject({
  lock: text,
  holder: text,
  fencingToken: text,
  /** The earlier run that this one took over from. */
  adopted: text.nullable(),
  waitedSeconds: seconds,
  heldSeconds: seconds,
  exit: z.int(),
  kept: z.boolean(),
});

/** `doctor`. */
export const doctorJson = z.strictObject({
  ok: z.boolean(),
  checks: z.array(
    z.strictObject({
      check: text,
      result: z.enum(["ok", "warning", "failed"]),
      found: text,
      advice: z.array(text),
    }),
  ),
});

/** On stderr, whenever the exit code says that something went wrong. */
export const errorJson = z.strictObject({
  error: z.strictObject({
    exit: z.int().min(1),
    message: text,
    story: z.array(text),
  }),
});

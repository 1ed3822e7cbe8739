import { z } from "zod";

// What `--json` prints, and what docs/json.md says of it. Stable: fields are added,
// never renamed or removed; what is not known is null, never left out.

const text = z.string();
const orNull = text.nullable();
const time = text.describe("ISO 8601");
const seconds = z.number().min(0).describe("seconds");

const who = {
  target: orNull.describe("the machine"),
  subject: orNull.describe("what on the machine it is about"),
  urn: orNull.describe("of the resource, in Pulumi"),
  run: orNull.describe("one run of an action"),
  by: orNull.describe("`user@machine`"),
  ci: orNull.describe("URL of the CI job"),
  action: orNull.describe("a command is named by a hash, never by its text"),
  since: orNull.describe("ISO 8601, the clock of who holds or waits"),
};

export const failureJson = z
  .strictObject({
    step: text,
    exit: z.number().nullable().describe("null: ended by a signal, or none"),
    reason: text,
    at: time,
  })
  .meta({ id: "failure" });

export const holderJson = z
  .strictObject({
    id: text.describe("for `clear --holder`"),
    path: text,
    slot: z.int().min(0),
    group: text.describe("the lock data"),
    state: z.enum(["live", "stale", "failed", "repairing"]),
    ageSeconds: seconds.describe("since it was granted, by ZooKeeper's clock"),
    fencingToken: text.describe("decimal"),
    ...who,
    failure: failureJson.nullable(),
  })
  .meta({ id: "holder" });

export const waiterJson = z
  .strictObject({
    id: text,
    place: z.int().min(1).describe("1 is next"),
    ageSeconds: seconds,
    ...who,
  })
  .meta({ id: "waiter" });

export const limitsJson = z
  .strictObject({
    maxHolders: z.int().min(1),
    maxPerGroup: z.int().min(1).nullable().describe("null: no bound"),
    maxFailures: z.int().min(1),
  })
  .meta({ id: "limits" });

export const holdJson = z
  .strictObject({ why: text, by: text, since: time })
  .meta({ id: "hold" });

export const chefJson = z
  .strictObject({
    path: text.describe("of the cookbook's znode"),
    data: text.describe("what it contains: the fqdn of the node, by default"),
    kind: z
      .enum(["chef", "other"])
      .describe("`other`: not made by Chef, and of no holder of this lock"),
    ageSeconds: seconds,
    since: time,
  })
  .meta({ id: "chef" });

export const lockJson = z
  .strictObject({
    name: text,
    path: text,
    limits: limitsJson,
    hold: holdJson.nullable(),
    blockedBy: z
      .array(z.enum(["failures", "stale", "hold"]))
      .describe("why nobody new is granted; empty: nothing but live holders"),
    holders: z.array(holderJson),
    chef: z
      .array(chefJson)
      .describe("who else has a Chef lock that goes with this one"),
    waiters: z.array(waiterJson).describe("in the order of their turns"),
    withoutChef: z
      .array(text)
      .describe("ids of holders whose Chef lock is gone or another's"),
    foreign: z
      .array(text)
      .describe("paths of nodes that are nobody's: they block nothing"),
  })
  .meta({ id: "lock" });

/** `list`. */
export const locksJson = z.strictObject({
  at: time,
  servers: text,
  root: text,
  locks: z.array(lockJson),
});

/** Each line of `watch`. */
export const watchJson = z.strictObject({
  at: time,
  name: text,
  lock: lockJson.nullable().describe("null: it is gone"),
});

/** Each line of `history`. */
export const historyJson = z.strictObject({
  at: time,
  kind: z.enum([
    ...["acted", "alreadyRestarted", "notNeeded", "recorded", "failed"],
    ...["cleared", "hold", "unhold", "limits", "roll"],
  ] as const),
  lock: text,
  target: who.target,
  subject: who.subject,
  urn: who.urn,
  run: who.run,
  by: text.describe("`user@machine`"),
  ci: who.ci,
  action: who.action,
  holder: orNull.describe("its id"),
  fencingToken: orNull,
  waitedSeconds: seconds.nullable(),
  heldSeconds: seconds.nullable(),
  before: z.array(text).nullable().describe("processes before the act"),
  after: z.array(text).nullable().describe("processes after the act"),
  step: orNull.describe("the one that failed"),
  exit: z.number().nullable(),
  reason: orNull.describe("of a failure, or an operator's"),
  roll: z.boolean().describe("by a `RollingAction`"),
  canary: z.boolean().describe("it went before the others of its roll"),
});

/** `clear`, `hold`, `unhold` and `set`: what was done, and the lock afterwards. */
export const changeJson = z.strictObject({
  lock: text,
  change: z.enum(["cleared", "hold", "unhold", "limits"]),
  changed: z.boolean().describe("false: it was so, and nothing was written"),
  by: text,
  why: text,
  holder: holderJson.nullable().describe("the one that was cleared"),
  limits: limitsJson.nullable(),
  warning: orNull.describe("what else there is to know"),
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
  holder: orNull.describe("its id; null where the lock was skipped"),
  fencingToken: orNull,
  adopted: orNull.describe("the earlier run that this one took over from"),
  waitedSeconds: seconds,
  heldSeconds: seconds,
  exit: z.int().describe("the command's own"),
  kept: z.boolean(),
  result: z
    .enum(["released", "kept", "inDoubt", "lost", "skipped"])
    .describe("what became of the lock; `inDoubt`: ZooKeeper did not confirm"),
  warning: orNull.describe("what else there is to know"),
});

export const checkJson = z
  .strictObject({
    check: text,
    result: z.enum(["ok", "warning", "failed"]),
    found: text,
    advice: z.array(text),
  })
  .meta({ id: "check" });

/** `doctor`. */
export const doctorJson = z.strictObject({
  ok: z.boolean(),
  checks: z.array(checkJson),
});

/** On stderr, whenever the exit code says that something went wrong. */
export const errorJson = z.strictObject({
  error: z
    .strictObject({
      exit: z.int().min(1),
      message: text,
      story: z.array(text).describe("what else there is to say, line by line"),
    })
    .meta({ id: "error" }),
});

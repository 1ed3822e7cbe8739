import { z } from "zod";
import { DEFAULT_ROOT } from "./plan";
import { RUN_KEY_LENGTH } from "./run-key";

// What the first code that had this resource wrote otherwise, with the same schemaVersion: the
// owner of a kept lock as an object, a longer hash, and the lock's defaults spelt out.
const lock = z.looseObject({
  root: z.string().optional(),
  maxHolders: z.number().optional(),
  maxFailures: z.number().optional(),
});
const first = z.looseObject({
  runKey: z.string(),
  lock,
  failure: z.looseObject({ runKey: z.string() }).optional(),
  kept: z
    .looseObject({
      lock: lock.optional(),
      owner: z.object({ target: z.string(), subject: z.string() }).optional(),
    })
    .optional(),
});

/** Outputs as they are written now, whoever wrote them. */
export function asWrittenNow(outputs: unknown): unknown {
  const read = first.safeParse(outputs);
  if (!read.success) return outputs;
  const { runKey, lock, failure, kept, ...rest } = read.data;
  if (runKey.length <= RUN_KEY_LENGTH) return outputs;
  return {
    ...rest,
    runKey: runKey.slice(0, RUN_KEY_LENGTH),
    lock: withoutDefaults(lock),
    ...(failure
      ? {
          failure: {
            ...failure,
            runKey: failure.runKey.slice(0, RUN_KEY_LENGTH),
          },
        }
      : {}),
    ...(kept ? { kept: keptNow(kept) } : {}),
  };
}

type Read = z.output<typeof first>;

function keptNow({ owner, lock, ...kept }: NonNullable<Read["kept"]>) {
  return {
    ...kept,
    ...owner,
    ...(lock ? { lock: withoutDefaults(lock) } : {}),
  };
}

function withoutDefaults(found: Read["lock"]) {
  const kept = { ...found };
  if (kept.root === DEFAULT_ROOT) delete kept.root;
  if (kept.maxHolders === 1) delete kept.maxHolders;
  if (kept.maxFailures === 1) delete kept.maxFailures;
  return kept;
}

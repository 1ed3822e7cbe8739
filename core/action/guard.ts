import { lockPath, ownerKey } from "../lock";
import type { Guard, GuardOptions } from "../ssh/types";
import type { Context } from "./context";
import { rights } from "./script";

/** Seconds beyond an act's deadline until the host has surely ended it: TERM, then KILL. */
export const END_GRACE = 5;

/** The guard of this run's owner on the host: docs/design.md, "The action". */
export function guard(context: Context): Guard {
  const { lock, owner } = context.spec;
  return {
    key: ownerKey(lockPath(lock.root, lock.name), owner),
    runId: context.runId,
  };
}

/** The guard is taken with the rights of the act, so it is asked with them too. */
export function guardOptions(context: Context): GuardOptions {
  return rights(context.spec.act);
}

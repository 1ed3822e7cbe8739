import type { Acting, HolderRecord } from "../lock/types";
import type { Debt, LastRun } from "./types";

/** Characters of a run's id that a debt keeps of it. */
const SHORT_ID = 8;

/**
 * What was begun last on a host by its owner, as far as anybody wrote it down. Of two records the one
 * that tells of the later act counts, whatever its `runKey`: the holder in ZooKeeper where it
 * names an act that the debt does not know, else the debt. `skippedAt`: when a run that took no lock
 * had acted; what a holder has from before then is not the last.
 */
export function lastRun(
  runKey: string,
  debt: Debt | null,
  adopted: HolderRecord | null,
  skippedAt?: string,
): LastRun {
  const holder = since(adopted, skippedAt);
  const acting = holder?.acting;
  const own = debt?.runKey === runKey ? debt : null;
  if (holder && acting && !knows(debt, holder, acting)) {
    // A run replaces the note as a whole, so a note of another `runKey` than the act's is the later one.
    if (holder.runKey === runKey && keyOf(holder, acting) !== runKey)
      return { of: "this", phase: "owed", ...baselineOf(holder) };
    return begun(runKey, holder, acting);
  }
  if (own) return { of: "this", ...ofDebt(own, holder) };
  if (holder?.runKey === runKey)
    return { of: "this", phase: "owed", ...baselineOf(holder) };
  return { of: debt || acting ? "other" : "none", phase: "owed" };
}

/** What is left of a holder after a run without its lock: that run is told of nowhere in it. */
function since(
  holder: HolderRecord | null,
  skippedAt: string | undefined,
): HolderRecord | null {
  if (!holder || skippedAt === undefined) return holder;
  const isOutdated = (at: string) => Date.parse(at) < Date.parse(skippedAt);
  if (isOutdated(holder.since)) return null;
  const { acting } = holder;
  if (!acting || !isOutdated(acting.since)) return holder;
  return { ...holder, acting: undefined };
}

export function shortId(run: string): string {
  return run.slice(0, SHORT_ID);
}

/** Begun by a run that could not tell any more how it ended. */
function begun(runKey: string, holder: HolderRecord, acting: Acting): LastRun {
  const key = keyOf(holder, acting);
  return {
    of: key === runKey ? "this" : "other",
    phase: "attempted",
    act: shortId(acting.run),
    ...(holder.runKey === key ? baselineOf(holder) : {}),
  };
}

/** The debt was written after this act had begun. Those of earlier versions name no act. */
function knows(
  debt: Debt | null,
  holder: HolderRecord,
  acting: Acting,
): boolean {
  if (!debt) return false;
  if (debt.act !== undefined) return debt.act === shortId(acting.run);
  const begun = debt.phase !== "owed" && debt.phase !== "record";
  return begun && keyOf(holder, acting) === debt.runKey;
}

/** Whose the act was. Records of earlier versions say so only of the run that has the holder. */
function keyOf(holder: HolderRecord, acting: Acting): string | undefined {
  if (acting.runKey !== undefined) return acting.runKey;
  return acting.run === holder.run ? holder.runKey : undefined;
}

function ofDebt(
  { phase, baseline, act, verifiedBy, runKey }: Debt,
  holder: HolderRecord | null,
): Omit<LastRun, "of"> {
  const named = holder?.acting && shortId(holder.acting.run);
  const known = act ?? named;
  // a short record of a fleet's state has no room for it
  const same = named === known && holder?.runKey === runKey;
  return {
    phase: phase === "record" ? "owed" : phase,
    ...(baseline ? { baseline } : same ? baselineOf(holder) : {}),
    ...(known === undefined ? {} : { act: known }),
    ...(verifiedBy ? { verifiedBy } : {}),
  };
}

function baselineOf({ baseline }: HolderRecord): Pick<LastRun, "baseline"> {
  return baseline ? { baseline } : {};
}

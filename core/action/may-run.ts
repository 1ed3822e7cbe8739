import type { HolderRecord } from "../lock/types";
import { END_GRACE } from "./guard";

type Told = Pick<HolderRecord, "run" | "state" | "failure" | "acting">;

/** Whether the last act of a holder may still run on its host, by what the holder itself says. */
export function mayStillRun(holder: Told): boolean {
  const { acting, failure } = holder;
  if (!acting) return false;
  if (!failure || !tellsOf(holder, acting.run)) return true;
  // A failure that names an exit, or a later step, was written after the act had ended.
  return failure.step === "act" && failure.exit === undefined;
}

/** The failure is that of the very run that began the act. Earlier versions do not name it. */
function tellsOf({ run, state, failure }: Told, acting: string): boolean {
  if (failure?.run !== undefined) return failure.run === acting;
  return state === "failed" && run === acting;
}

/**
 * Seconds until the host itself has surely ended the last act. The other machine's clock may be
 * wrong: never longer than the whole, and all of it if its date makes no sense.
 */
export function secondsToEnd({ acting }: Told, now: Date): number {
  if (!acting) return 0;
  const whole = acting.deadline + END_GRACE;
  const gone = (now.getTime() - Date.parse(acting.since)) / 1000;
  return gone >= 0 ? Math.max(0, whole - gone) : whole;
}

import type { HolderRecord } from "../lock/types";
import { LinkError, type GuardRecord } from "../ssh/types";
import { duration } from "../text/duration";
import { goOn, type Context } from "./context";
import { StepFailure } from "./failure";
import { END_GRACE, guard, guardOptions } from "./guard";
import { reconnect } from "./look";
import type { Tenure } from "./tenure";

/**
 * What an earlier run of the same owner began must have ended before it is judged
 * or repeated: waits for its guard on the host, or, without one, for its deadline.
 */
export async function awaitPredecessor(
  context: Context,
  { adopted }: Tenure,
): Promise<void> {
  const { spec, journal } = context;
  const acting = adopted?.acting;
  if (!acting && journal.phase !== "attempted") return;
  const deadline = acting?.deadline ?? spec.act.timeout;
  context.say("look", "making sure that the earlier run has ended");
  const record = await askGuard(context, deadline + END_GRACE, acting?.run);
  switch (record.state) {
    case "running":
      throw new StepFailure(
        "act",
        `the action of an earlier run still runs there (run ${record.runId})`,
        { summary: "the action of an earlier run still runs" },
      );
    case "finished":
    case "interrupted": {
      // not the adopted run itself: that one may have adopted it too, and died before it looked
      if (!adopted || record.runId !== acting?.run) return;
      if (adopted.runKey !== spec.runKey) return;
      const well = record.state === "finished" && record.exit === 0;
      if (well && journal.phase !== "verified") journal.exitCode = 0;
      if (journal.phase !== "verified")
        journal.phase = well ? "acted" : "attempted";
      return;
    }
    case "unavailable":
      if (adopted && mayStillRun(adopted)) await untilOver(context, adopted);
      return;
    case "none":
      return;
  }
}

/** Nothing was begun by this run yet, so a lost link is tried once more. */
async function askGuard(
  context: Context,
  timeout: number,
  revoke: string | undefined,
): Promise<GuardRecord> {
  const { signal } = context.deps;
  const ask = () =>
    context.link.host.awaitGuard(guard(context).key, timeout, {
      ...{ ...guardOptions(context), signal },
      // its run is gone: what it may have sent is to begin no more
      ...(revoke === undefined ? {} : { revoke }),
    });
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    goOn(context, "look");
    await reconnect(context);
    return ask();
  }
}

/** A failure that names an exit, or a later step, was written after the act had ended. */
function mayStillRun({ acting, failure }: HolderRecord): boolean {
  if (!acting) return false;
  return !failure || (failure.step === "act" && failure.exit === undefined);
}

async function untilOver(
  context: Context,
  { acting }: HolderRecord,
): Promise<void> {
  const { clock, signal } = context.deps;
  const whole = acting!.deadline + END_GRACE;
  const begun = Date.parse(acting!.since);
  const gone = (clock.date().getTime() - begun) / 1000;
  // The other machine's clock may be wrong: never longer than the whole, and all of it if its date makes no sense.
  const left = gone >= 0 ? Math.max(0, whole - gone) : whole;
  if (left > 0)
    context.say(
      "look",
      `the host has no flock: ${duration(left)} until the earlier run is surely over`,
    );
  await clock.wait(left, signal);
}

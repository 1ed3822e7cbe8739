import type { HolderRecord } from "../lock/types";
import { LinkError, type GuardRecord } from "../ssh/types";
import { duration } from "../text/duration";
import { goOn, type Context } from "./context";
import { StepFailure } from "./failure";
import { END_GRACE, guard, guardOptions } from "./guard";
import { shortId } from "./last-run";
import { reconnect } from "./look";
import { mayStillRun, secondsToEnd } from "./may-run";
import type { Tenure } from "./tenure";
import type { LastRun } from "./types";

/**
 * What an earlier run of the same owner began must have ended before it is judged
 * or repeated: waits for its guard on the host, or, without one, for its deadline.
 * Returns what is known of the last run by then.
 */
export async function awaitPredecessor(
  context: Context,
  { adopted }: Tenure,
  last: LastRun,
): Promise<LastRun> {
  const { spec, journal } = context;
  const acting = adopted?.acting;
  const begun = last.of === "this" && last.phase === "attempted";
  if (!acting && !begun) return last;
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
      if (record.runId !== acting?.run) return last;
      if (last.of !== "this" || last.phase === "verified") return last;
      if (last.act !== shortId(record.runId)) return last;
      const well = record.state === "finished" && record.exit === 0;
      if (well) journal.exitCode = 0;
      return { ...last, phase: well ? "acted" : "attempted" };
    }
    case "unavailable":
      if (adopted && mayStillRun(adopted)) await untilOver(context, adopted);
      return last;
    case "none":
      return last;
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

async function untilOver(
  context: Context,
  holder: HolderRecord,
): Promise<void> {
  const { clock, signal } = context.deps;
  const left = secondsToEnd(holder, clock.date());
  if (left > 0)
    context.say(
      "look",
      `the host has no flock: ${duration(left)} until the earlier run is surely over`,
    );
  await clock.wait(left, signal);
}

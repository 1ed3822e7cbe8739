import type { HolderRecord } from "../lock/types";
import { LinkError, type Fate, type GuardRecord } from "../ssh/types";
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
  const { journal } = context;
  const acting = adopted?.acting;
  if (!adopted || !acting) return awaitUnnamed(context, last);
  const fate = await ask(context, acting.deadline, (timeout, options) =>
    context.link.host.fateOf(
      { key: guard(context).key, runId: acting.run },
      timeout,
      { ...options, ...bootOf(adopted) },
    ),
  );
  if (fate.state === "running") throw stillRuns(fate.runId);
  const over = fate.state === "unknown" && fate.over;
  const told = fate.state !== "unknown" && fate.state !== "unavailable";
  if (!told && !over && mayStillRun(adopted)) await untilOver(context, adopted);
  // not this very act: its successor was told of, and may have died before it looked
  if (!told || last.act !== shortId(acting.run)) return last;
  if (last.of !== "this" || last.phase === "verified") return last;
  if (fate.state === "never") return { ...last, phase: "owed" };
  const well = fate.state === "finished" && fate.exit === 0;
  if (well) journal.exitCode = 0;
  return { ...last, phase: well ? "acted" : "attempted" };
}

/** Only the state tells of that act: how it ended nobody can ask, but it is not to run beside another. */
async function awaitUnnamed(context: Context, last: LastRun): Promise<LastRun> {
  if (last.of !== "this" || last.phase !== "attempted") return last;
  const { timeout: deadline } = context.spec.act;
  const record = await ask(
    context,
    deadline,
    (timeout, options): Promise<GuardRecord> =>
      context.link.host.awaitGuard(guard(context).key, timeout, options),
  );
  if (record.state === "running") throw stillRuns(record.runId);
  return last;
}

/** The boot in which that act was sent: without it, that there is no trace of it proves nothing. */
function bootOf({ baseline, runKey, acting }: HolderRecord): { boot?: string } {
  const [identity] = baseline?.identities ?? [];
  const same = acting?.runKey === undefined || acting.runKey === runKey;
  const boot = same ? identity?.split("/")[0] : undefined;
  return boot ? { boot } : {};
}

function stillRuns(run: string): StepFailure {
  return new StepFailure(
    "act",
    `the action of an earlier run still runs there (run ${run})`,
    { summary: "the action of an earlier run still runs" },
  );
}

/** Nothing was begun by this run yet, so a lost link is tried once more. */
async function ask<T extends Fate | GuardRecord>(
  context: Context,
  deadline: number,
  question: (
    timeout: number,
    options: ReturnType<typeof guardOptions> & { signal: AbortSignal },
  ) => Promise<T>,
): Promise<T> {
  const { signal } = context.deps;
  context.say("look", "making sure that the earlier run has ended");
  const options = { ...guardOptions(context), signal };
  const put = () => question(deadline + END_GRACE, options);
  try {
    return await put();
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    goOn(context, "look");
    await reconnect(context);
    return put();
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

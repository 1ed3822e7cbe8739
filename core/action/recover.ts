import { LinkError, type GuardRecord, type RunResult } from "../ssh/types";
import { duration } from "../text/duration";
import type { Context } from "./context";
import { dialFailure } from "./dial";
import { StepFailure } from "./failure";
import { END_GRACE, guard, guardOptions } from "./guard";

type Unknown = Extract<RunResult, { kind: "unknown" }>;

/** Seconds beyond the act's deadline to get the connection back. */
const RECONNECT_GRACE = 60;

/** Connections that may be lost again while the guard is asked. */
const ASKS = 5;

/**
 * The connection was lost while the action ran. Never run it again, never guess:
 * connect anew, wait until it has surely ended, and take what the host wrote down.
 * An `unknown` that is returned means that a look at the processes can tell, unless
 * it says that nothing was started.
 */
export async function recover(
  context: Context,
  lost: Unknown,
  begun: number,
  canLook: boolean,
): Promise<RunResult> {
  const { clock } = context.deps;
  const over = begun + context.spec.act.timeout + END_GRACE;
  for (let ask = 1; ; ask++) {
    context.say("act", "the connection was lost, connecting again");
    await reconnect(context, lost, begun);
    context.say("act", "waiting for the end of the action on the host");
    try {
      const record = await context.link.host.awaitGuard(
        guard(context).key,
        Math.max(1, over - clock.now()),
        // should it still be on its way to the host, it is to begin no more
        { ...guardOptions(context), revoke: context.runId },
      );
      return await conclude(context, lost, record, over, canLook);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      if (ask === ASKS) throw unknownEnd(lost, [error.message]);
    }
  }
}

async function reconnect(
  context: Context,
  lost: Unknown,
  begun: number,
): Promise<void> {
  const { clock } = context.deps;
  const { act } = context.spec;
  const late = new AbortController();
  const timer = new AbortController();
  const left = begun + act.timeout + RECONNECT_GRACE - clock.now();
  void clock.wait(left, timer.signal).then(() => late.abort());
  try {
    await context.link.redial({ signal: late.signal });
  } catch (error) {
    const { message, story } = dialFailure(error);
    throw unknownEnd(lost, [`connecting again failed: ${message}`, ...story]);
  } finally {
    timer.abort();
  }
}

async function conclude(
  context: Context,
  lost: Unknown,
  record: GuardRecord,
  over: number,
  canLook: boolean,
): Promise<RunResult> {
  const ours = "runId" in record && record.runId === context.runId;
  switch (record.state) {
    case "running":
      throw unknownEnd(lost, [
        ours
          ? "it still runs on the host"
          : `another run still acts there (${record.runId})`,
      ]);
    case "none":
      return { ...lost, started: false };
    case "finished":
      return ours
        ? { ...lost, kind: "exit", code: record.exit }
        : { ...lost, started: false };
    case "interrupted":
      if (!ours) return { ...lost, started: false };
      // the host went down meanwhile: only the processes can tell
      if (canLook) return lost;
      throw unknownEnd(lost, [
        "the host went down while it ran",
        "no process is given to look at",
      ]);
    case "unavailable":
      await untilOver(context, over);
      if (canLook) return lost;
      throw unknownEnd(lost, [
        `the host keeps no record of it (${record.reason})`,
        "no process is given to look at",
      ]);
  }
}

async function untilOver(context: Context, over: number): Promise<void> {
  const { clock } = context.deps;
  const left = over - clock.now();
  if (left <= 0) return;
  context.say(
    "act",
    `the host has no guard: ${duration(left)} until the action is surely over`,
  );
  await clock.wait(left);
}

function unknownEnd(lost: Unknown, story: string[]): StepFailure {
  return new StepFailure(
    "act",
    `the connection was lost while it ran (${lost.reason}), and how it ended is not known`,
    { story, summary: "the connection was lost while it ran" },
  );
}

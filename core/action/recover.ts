import type { GuardRecord, RunResult } from "../ssh/types";
import { duration } from "../text/duration";
import type { Context } from "./context";
import { dialFailure } from "./dial";
import { StepFailure } from "./failure";
import { END_GRACE, guard, guardOptions } from "./guard";

type Unknown = Extract<RunResult, { kind: "unknown" }>;

/** Seconds beyond the act's deadline to get the connection back. */
const RECONNECT_GRACE = 60;

/**
 * The connection was lost while the action ran. Never run it again, never guess:
 * connect anew, wait until it has surely ended, and take what the host wrote down.
 * An `unknown` that is returned means that a look at the processes can tell.
 */
export async function recover(
  context: Context,
  lost: Unknown,
  begun: number,
  canLook: boolean,
): Promise<RunResult> {
  context.say("act", "the connection was lost, connecting again");
  await reconnect(context, lost, begun);
  const { clock } = context.deps;
  const over = begun + context.spec.act.timeout + END_GRACE;
  context.say("act", "waiting for the end of the action on the host");
  const left = Math.max(1, over - clock.now());
  const record = await context.link.host.awaitGuard(
    guard(context).key,
    left,
    guardOptions(context),
  );
  return conclude(context, lost, record, over, canLook);
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
  if (ours && record.state === "finished")
    return { ...lost, kind: "exit", code: record.exit };
  if (ours && record.state === "running")
    throw unknownEnd(lost, ["it still runs on the host"]);
  if (record.state === "none" || ("runId" in record && !ours))
    throw unknownEnd(lost, ["the host has no record that it was begun"]);
  if (record.state === "unavailable") await untilOver(context, over);
  // The host went down meanwhile, or keeps no record: only the processes can tell.
  if (canLook) return lost;
  throw unknownEnd(lost, [
    record.state === "interrupted"
      ? "the host went down while it ran"
      : `the host keeps no record of it (${"reason" in record ? record.reason : record.state})`,
    "no process is given to look at",
  ]);
}

async function untilOver(context: Context, over: number): Promise<void> {
  const { clock } = context.deps;
  const left = over - clock.now();
  if (left <= 0) return;
  context.say(
    "act",
    `the host has no flock: ${duration(left)} until the action is surely over`,
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

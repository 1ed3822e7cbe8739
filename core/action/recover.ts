import { LinkError, type Fate, type RunResult } from "../ssh/types";
import { duration } from "../text/duration";
import type { Context } from "./context";
import { dialFailure } from "./dial";
import { StepFailure } from "./failure";
import { END_GRACE, guard, guardOptions } from "./guard";

type Unknown = Extract<RunResult, { kind: "unknown" }>;

/** Seconds beyond the act's deadline to get the connection back. */
const RECONNECT_GRACE = 60;
/** Seconds between two questions to a host that gave no answer. */
const ASK_AGAIN = 1;

/** One act whose end is not known. */
interface Lost {
  result: Unknown;
  /** Seconds on the clock of the run when it was sent. */
  begun: number;
  /** When it has surely ended on the host. */
  over: number;
}

/**
 * How the action ended did not arrive: the connection was lost, or the server closed the channel too early.
 * Never run it again, never guess: connect anew, for as long as it may run and as often as it takes, wait until it has surely
 * ended, and take what the host wrote down. An `unknown` that is returned means that a look at the processes can tell;
 * `started: false` has a witness: the guard has revoked the run, there is no trace of it, and it never said that it began.
 */
export async function recover(
  context: Context,
  result: Unknown,
  begun: number,
  canLook: boolean,
): Promise<RunResult> {
  const { clock } = context.deps;
  const over = begun + context.spec.act.timeout + END_GRACE;
  const lost = { result, begun, over };
  for (;;) {
    context.say("act", "the connection was lost, connecting again");
    await reconnect(context, lost);
    context.say("act", "waiting for the end of the action on the host");
    try {
      const fate = await context.link.host.fateOf(
        guard(context),
        Math.max(1, over - clock.now()),
        guardOptions(context),
      );
      return await conclude(context, lost, fate, canLook);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      if (clock.now() >= over + RECONNECT_GRACE)
        throw unknownEnd(result, [error.message]);
      await clock.wait(ASK_AGAIN);
    }
  }
}

/** While the act may still run the host is dialled without any bound; afterwards as for any other connection. */
async function reconnect(
  context: Context,
  { result, over }: Lost,
): Promise<void> {
  const { clock } = context.deps;
  const until = async (at: number, dial: { tries?: number }) => {
    const late = new AbortController();
    const timer = new AbortController();
    void clock.wait(at - clock.now(), timer.signal).then(() => late.abort());
    try {
      await context.link.redial({ ...dial, signal: late.signal });
    } finally {
      timer.abort();
    }
  };
  try {
    if (clock.now() < over) {
      try {
        return await until(over, { tries: -1 });
      } catch (error) {
        if (clock.now() < over) throw error; // no further try could mend it
      }
    }
    await until(over + RECONNECT_GRACE, {});
  } catch (error) {
    const { message, story } = dialFailure(error);
    throw unknownEnd(result, [`connecting again failed: ${message}`, ...story]);
  }
}

async function conclude(
  context: Context,
  { result, over }: Lost,
  fate: Fate,
  canLook: boolean,
): Promise<RunResult> {
  /** Only the processes can tell. */
  const seen = (why: string): Unknown => {
    if (canLook) return result;
    throw unknownEnd(result, [why, "no process is given to look at"]);
  };
  switch (fate.state) {
    case "never":
      // a host that has lost its record is no witness against the run's own mark
      if (result.started) return seen("the host has lost its record of it");
      return { ...result, started: false };
    case "running":
      throw unknownEnd(result, [
        fate.runId === context.runId
          ? "it still runs on the host"
          : `another run still acts there (${fate.runId})`,
      ]);
    case "finished":
      return { ...result, kind: "exit", code: fate.exit };
    case "interrupted":
      return seen(
        fate.by === "reboot"
          ? "the host was rebooted meanwhile"
          : "its shell was killed on the host",
      );
    case "unknown":
    case "unavailable":
      await untilOver(context, over);
      return seen(`the host cannot tell: ${fate.reason}`);
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

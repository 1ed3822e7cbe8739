import { DialError } from "../ssh/types";
import { oneLine } from "../text/lines";
import { goOn, type Context } from "./context";
import { StepFailure, Stopped } from "./failure";

/** Connects and authenticates, before ZooKeeper is asked: a dead host never takes a lock. */
export async function dial(context: Context): Promise<void> {
  goOn(context, "dial");
  context.say("dial", "connecting");
  const { signal } = context.deps;
  try {
    await context.link.dial({
      signal,
      onTry: (number, of, reason) =>
        context.say(
          "dial",
          `try ${of > 0 ? `${number} of ${of}` : number} failed: ${oneLine(context.redact(reason))}`,
          { retrying: true },
        ),
    });
  } catch (error) {
    if (signal.aborted) throw new Stopped("dial", signal.reason);
    throw dialFailure(error);
  }
}

export function dialFailure(error: unknown): StepFailure {
  if (!(error instanceof DialError)) {
    const message = error instanceof Error ? error.message : String(error);
    return new StepFailure("dial", message, {
      summary: "cannot connect",
      cause: error,
    });
  }
  return new StepFailure("dial", error.message, {
    // a single try is told by the message
    story: error.tries.length > 1 ? counted(error.tries) : [],
    summary: "cannot connect",
    cause: error,
  });
}

/** Of tries that failed one after another for the same reason, one line. */
function counted(tries: readonly string[]): string[] {
  const groups: { first: string; last: string; reason: string }[] = [];
  const others: string[] = [];
  for (const line of tries) {
    const [, number, reason] = /^try (\d+): (.*)$/s.exec(line) ?? [];
    if (number === undefined || reason === undefined) {
      others.push(line);
      continue;
    }
    const group = groups.at(-1);
    if (group?.reason === reason) group.last = number;
    else groups.push({ first: number, last: number, reason });
  }
  const lines = groups.map(({ first, last, reason }) => {
    const count = Number(last) - Number(first) + 1;
    return count === 1
      ? `try ${first}: ${reason}`
      : `tries ${first} to ${last} (${count} times): ${reason}`;
  });
  return [...lines, ...others];
}

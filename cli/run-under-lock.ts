import path from "node:path";
import {
  acquire,
  LockCancelled,
  LockLost,
  type Held,
  type LockRequest,
} from "../core/lock";
import type { Session } from "../core/zookeeper/session";
import type { Context } from "./context";
import { CommandError } from "./errors";
import { EXIT } from "./exit-codes";
import { unlessInterrupted } from "./interruption";
import { isRunning, LocalCommand, type CommandEnd } from "./local-command";
import { locked } from "./next-steps";
import { askLock, requestOf, type RunOptions } from "./run-request";

/** Lock, command, release; or, if it fails, keep. @returns the exit code */
export async function runUnderLock(
  context: Context,
  session: Session,
  name: string,
  words: string[],
  options: RunOptions,
): Promise<number> {
  const lock = await unlessInterrupted(
    context.signal,
    askLock(context, session, name, options),
  );
  const request = requestOf(context, name, words, options, lock);
  const held = await acquire(session, request).catch((error: unknown) => {
    throw error instanceof LockCancelled ? context.signal.reason : error;
  });
  await notBesideItself(context, name, held);
  if (held.adopted)
    context.note(`taken over from ${describeRun(held.adopted)}`);
  const end = await act(context, held, request, words);
  const reason = `${path.basename(words[0]!)} ${end.signal ? `ended by ${end.signal}` : `exited with ${end.code}`}`;
  const kept = end.code !== 0;
  const heldSeconds = held.held();
  await (kept
    ? keep(held, end, reason)
    : held.release({ kind: "acted", exit: 0 }));
  tell(context, name, held, {
    ...{ kept, reason, heldSeconds, exit: end.code },
  });
  return end.code;
}

/** The command of the run that we adopted may have outlived it: two at once is what the lock is there to prevent. */
async function notBesideItself(
  context: Context,
  name: string,
  held: Held,
): Promise<void> {
  const { adopted } = held;
  const running = adopted?.baseline?.identities.find(isRunning);
  if (!adopted || !running) return;
  await putBack(held);
  throw new CommandError(
    EXIT.notGot,
    `lock ${name}: the command of the earlier run still runs here, as process ${running.split("/")[1]}`,
    [
      "that run was killed, its command was not; the lock is kept for it",
      "end it or wait for its end, then run this again",
      `see the lock: ${locked(context, "show", name)}`,
    ],
  );
}

/** Nothing was done: the lock goes back to what it was. */
async function putBack(held: Held): Promise<void> {
  try {
    if (!held.adopted) await held.release();
    else if (held.adopted.failure) await held.fail(held.adopted.failure);
    else await held.abandon();
  } catch (error) {
    if (!(error instanceof LockLost)) throw error;
  }
}

const describeRun = ({ from, since, failure }: NonNullable<Held["adopted"]>) =>
  `the run of ${from} at ${since}${failure ? `, which failed: ${failure.reason}` : ", which did not end by itself"}`;

async function act(
  { signal }: Context,
  held: Held,
  { name, facts }: LockRequest,
  words: string[],
): Promise<CommandEnd> {
  const command = new LocalCommand(words, {
    ...process.env,
    LOCKED_ACTION_NAME: name,
    LOCKED_ACTION_FENCING_TOKEN: held.fencingToken,
    LOCKED_ACTION_RUN_ID: facts.run,
  });
  try {
    const { identity } = command;
    if (identity) await held.record({ baseline: { identities: [identity] } });
    await held.reassert();
    signal.throwIfAborted();
  } catch (error) {
    await command.abandon();
    await putBack(held);
    throw error;
  }
  return command.run();
}

async function keep(
  held: Held,
  { code, signal }: CommandEnd,
  reason: string,
): Promise<void> {
  const failure = {
    step: "command",
    ...(signal ? {} : { exit: code }),
    reason,
    at: new Date().toISOString(),
  };
  const { step, exit } = failure as typeof failure & { exit?: number };
  await held.fail(failure, { kind: "failed", step, exit, reason });
}

function tell(
  context: Context,
  name: string,
  held: Held,
  end: { kept: boolean; reason: string; heldSeconds: number; exit: number },
): void {
  const { kept, reason, heldSeconds, exit } = end;
  const { id, fencingToken, waited, adopted } = held;
  if (context.json)
    return context.note(
      JSON.stringify({
        ...{ lock: name, holder: id, fencingToken },
        adopted: adopted?.run ?? null,
        ...{ waitedSeconds: waited, heldSeconds, exit, kept },
      }),
    );
  if (!kept) return;
  const clear = ["clear", name, "--holder", id, "-m", "WHY"];
  context.note(
    [
      `locked-action: ${reason}: the lock ${name} is kept`,
      "to go on: run the same again, it takes the lock over",
      `or, if nothing is to be repaired: ${locked(context, ...clear)}`,
    ].join("\n  "),
  );
}

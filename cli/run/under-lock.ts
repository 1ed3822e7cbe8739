import path from "node:path";
import {
  acquire,
  LockCancelled,
  LockError,
  LockInDoubt,
  LockUnavailable,
  type Held,
  type LockRequest,
} from "../../core/lock";
import type { Session } from "../../core/zookeeper/session";
import type { Context } from "../context";
import { unlessInterrupted } from "../interruption";
import { describeCommand, ENDED } from "./command-session";
import { putBack, refuseAdopted, refuseBesideEarlier } from "./earlier-run";
import { environmentOf } from "./environment";
import { forwardSignals } from "./forwarded-signals";
import { LocalCommand, type CommandEnd } from "./local-command";
import { askLock, requestOf, type RunOptions } from "./request";
import { tellEnd, type RunEnd } from "./tell";

/** Milliseconds that the rest of a command has to end after its first process was ended by a signal. */
const REST = 2000;

/** Lock, command, release; or, if it fails, keep. @returns the exit code */
export async function runUnderLock(
  context: Context,
  session: Session,
  name: string,
  words: string[],
  options: RunOptions,
): Promise<number> {
  let command: LocalCommand | undefined;
  // from now on: what comes before the command begins must not end us, nor open Node's debugger
  const stop = forwardSignals((signal) => command?.send(signal));
  try {
    const { held, request } = await take(
      context,
      session,
      name,
      words,
      options,
    );
    if (held.adopted)
      context.note(`taken over from ${describeRun(held.adopted)}`);
    command = await begin(context, held, request, words, options);
    const end = await command.run();
    const told = await close(held, command, end, words);
    tellEnd(context, name, held, told);
    return exitOf(told);
  } finally {
    stop();
  }
}

async function take(
  context: Context,
  session: Session,
  name: string,
  words: string[],
  options: RunOptions,
): Promise<{ held: Held; request: LockRequest }> {
  const lock = await unlessInterrupted(
    context.signal,
    askLock(context, session, name, options),
  );
  const request = requestOf(context, name, words, options, lock);
  await unlessInterrupted(
    context.signal,
    refuseBesideEarlier(context, session, request),
  );
  const held = await acquire(session, request).catch((error: unknown) => {
    throw error instanceof LockCancelled ? context.signal.reason : error;
  });
  await refuseAdopted(context, name, held);
  return { held, request };
}

const describeRun = ({ from, since, failure }: NonNullable<Held["adopted"]>) =>
  `the run of ${from} at ${since}${failure ? `, which failed: ${failure.reason}` : ", which did not end by itself"}`;

/** Started, named in the lock, and held back at its gate. */
async function begin(
  { signal }: Context,
  held: Held,
  { name, facts }: LockRequest,
  words: string[],
  options: RunOptions,
): Promise<LocalCommand> {
  const command = new LocalCommand(
    words,
    environmentOf(process.env, options, {
      LOCKED_ACTION_NAME: name,
      LOCKED_ACTION_FENCING_TOKEN: held.fencingToken,
      LOCKED_ACTION_RUN_ID: facts.run,
    }),
  );
  try {
    if (command.pid !== undefined)
      await held.record({ baseline: describeCommand(command.pid) });
    await held.reassert();
    signal.throwIfAborted();
    return command;
  } catch (error) {
    await command.abandon();
    await putBack(held);
    throw error;
  }
}

/** Gives the lock back or keeps it. What ZooKeeper does not confirm never hides how the command ended. */
async function close(
  held: Held,
  command: LocalCommand,
  end: CommandEnd,
  words: string[],
): Promise<RunEnd> {
  const { code, signal } = end;
  const reason = `${path.basename(words[0]!)} ${signal ? `ended by ${signal}` : `exited with ${code}`}`;
  const told: RunEnd = {
    ...{ code, reason, heldSeconds: held.held() },
    ...{ lock: code === 0 ? "released" : "kept", rest: [] },
    ...{ error: null, lostMirror: null },
  };
  try {
    if (code === 0) {
      const released = await held.release({ kind: "acted", exit: 0 });
      return { ...told, lostMirror: released.lostMirror };
    }
    const rest = await command.rest(signal ? REST : 0);
    await keep(held, end, reason, rest);
    return { ...told, rest };
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    const inDoubt =
      error instanceof LockInDoubt || error instanceof LockUnavailable;
    return { ...told, lock: inDoubt ? "inDoubt" : "lost", error };
  }
}

async function keep(
  held: Held,
  { code, signal }: CommandEnd,
  reason: string,
  rest: number[],
): Promise<void> {
  // with its whole session gone, a run on any machine may take over
  if (rest.length === 0) await held.record({ baseline: ENDED });
  const exit = signal ? undefined : code;
  const step = "command";
  const at = new Date().toISOString();
  await held.fail(
    { step, ...(exit === undefined ? {} : { exit }), reason, at },
    { kind: "failed", step, exit, reason },
  );
}

/** The command's own; only the loss of the lock turns a success into a failure. */
function exitOf({ code, lock }: RunEnd): number {
  return code === 0 && lock === "lost" ? 1 : code;
}

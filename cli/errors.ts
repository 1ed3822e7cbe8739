import {
  LockBlocked,
  LockCancelled,
  LockError,
  LockInDoubt,
  LockLost,
  LockOnHold,
  LockTimeout,
  LockUnavailable,
} from "../core/lock";
import { CommanderError } from "commander";
import { EXIT, SIGNALS } from "./exit-codes";

/** An error of the command itself: one line, the story, and what to end with. */
export class CommandError extends Error {
  constructor(
    readonly exit: number,
    message: string,
    readonly story: string[] = [],
  ) {
    super(message);
  }
}

export const usage = (message: string, ...story: string[]) =>
  new CommandError(EXIT.usage, message, story);

/** Ctrl-C, a termination, or a reader of our output that has gone. */
export class Interrupted extends Error {
  constructor(readonly signal: keyof typeof SIGNALS) {
    super(`ended by ${signal}`);
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return error.exit;
  if (error instanceof Interrupted) return 128 + SIGNALS[error.signal];
  if (error instanceof CommanderError)
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof LockLost || error instanceof LockCancelled)
    return EXIT.failed;
  if (
    error instanceof LockTimeout ||
    error instanceof LockBlocked ||
    error instanceof LockOnHold
  )
    return EXIT.notGot;
  if (error instanceof LockUnavailable || error instanceof LockInDoubt)
    return EXIT.unreachable;
  return error instanceof LockError ? EXIT.refused : EXIT.failed;
}

/** One line fit for a row of a table, then what else there is to say. */
export function storyOf(error: unknown): { message: string; story: string[] } {
  if (error instanceof CommandError || error instanceof LockError)
    return { message: error.message, story: [...error.story, ...hint(error)] };
  if (error instanceof Error)
    return {
      message: `unexpected: ${error.message}`,
      story: (error.stack ?? "").split("\n").slice(1),
    };
  return { message: `unexpected: ${String(error)}`, story: [] };
}

/** What core cannot know: where this command takes its credentials from. */
function hint({ message }: Error): string[] {
  return /\b(NO_AUTH|INVALID_ACL|AUTH_FAILED|refused the credentials)\b/.test(
    message,
  )
    ? [
        "this command's credentials: LOCKED_ACTION_AUTH=digest:USER:PASSWORD in its environment",
      ]
    : [];
}

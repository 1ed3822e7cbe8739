import { setTimeout as pause } from "node:timers/promises";
import { duration } from "../text/duration";
import { TryError } from "./dial";
import { KeyError } from "./key";
import { DialError, type ConnectionOptions, type DialOptions } from "./types";

/** Seconds between the first two tries; doubled for each further one, up to the second figure. */
const BACK_OFF = [0.5, 15] as const;

/**
 * Tries until it works, up to `dialErrorLimit` times, with a growing pause between
 * two tries. What no further try can mend ends it at once. @throws DialError
 */
export async function persistently<T>(
  options: ConnectionOptions,
  { signal, onTry }: DialOptions,
  attempt: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  const limit = options.dialErrorLimit;
  const tries: string[] = [];
  const begun = performance.now();
  for (let number = 1; ; number++) {
    try {
      return await attempt(signal);
    } catch (error) {
      if (signal?.aborted) throw aborted(options, tries);
      if (error instanceof DialError)
        // a jump host has had all the tries of its own
        throw new DialError(
          `through the jump host: ${error.message}`,
          [...tries, ...error.tries],
          error.retriable,
        );
      const reason = (error as Error).message;
      keep(tries, `try ${number}: ${reason}`);
      onTry?.(number, limit, reason);
      const final = error instanceof KeyError || !retriable(error);
      if (final || (limit >= 0 && number >= limit))
        throw new DialError(
          `${place(options)}${reached(error) ? "" : " cannot be reached"}${after(number, begun)}: ${reason}`,
          tries,
          !final,
        );
    }
    await pause(backOff(number) * 1000, undefined, { signal }).catch(() => {
      throw aborted(options, tries);
    });
  }
}

function retriable(error: unknown): boolean {
  return error instanceof TryError && error.retriable;
}

/** Its key is wrong, or it let nobody in: that is another trouble than a host that is not there. */
function reached(error: unknown): boolean {
  return error instanceof TryError && error.reached;
}

/** Without a limit the list must still have an end. */
function keep(tries: string[], line: string): void {
  if (tries.length === 100) tries.splice(50, 1);
  tries.push(line);
}

function backOff(number: number): number {
  const [first, most] = BACK_OFF;
  const whole = Math.min(first * 2 ** (number - 1), most);
  return whole * (0.5 + Math.random() / 2); // many runners must not knock in step
}

function after(number: number, begun: number): string {
  if (number === 1) return "";
  const seconds = (performance.now() - begun) / 1000;
  return ` after ${number} tries in ${duration(seconds)}`;
}

function place({ host, port }: ConnectionOptions): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function aborted(options: ConnectionOptions, tries: string[]): DialError {
  const message = `dialling ${place(options)} was given up`;
  return new DialError(message, tries, true);
}

import type { Context } from "./context";

export interface Pace {
  /** Seconds between two tries. */
  interval: number;
  /** Seconds for all of them. */
  timeout: number;
}

/** The shortest time that a try gets, in seconds: the host needs some to start it at all. */
const SHORTEST_TRY = 1;

/**
 * Asks until the answer is yes or the time is over; there is always one try.
 * `ask` gets the seconds that are left to it.
 */
export async function poll(
  { deps }: Pick<Context, "deps">,
  pace: Pace,
  ask: (left: number) => Promise<boolean>,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = deps.clock.now() + pace.timeout;
  for (;;) {
    const left = deadline - deps.clock.now();
    if (await ask(Math.max(left, SHORTEST_TRY))) return true;
    const rest = deadline - deps.clock.now();
    if (rest <= 0 || signal?.aborted) return false;
    await deps.clock.wait(Math.min(pace.interval, rest), signal);
  }
}

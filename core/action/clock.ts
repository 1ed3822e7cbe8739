import { setTimeout as sleep } from "node:timers/promises";

/** Time as the steps see it, so that tests of waits take milliseconds. */
export interface Clock {
  /** Seconds on a clock that never jumps. */
  now(): number;
  /** The date, for records people read. */
  date(): Date;
  /** Resolves after `seconds`, or at once when `signal` is aborted. */
  wait(seconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now() / 1000,
  date: () => new Date(),
  wait: async (seconds, signal) => {
    // a timer beyond 2^31 ms would fire at once
    const ms = Math.min(Math.max(seconds, 0) * 1000, 2 ** 31 - 1);
    await sleep(ms, undefined, { signal }).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  },
};

import { setTimeout as pause } from "node:timers/promises";

/** Waits for a condition; fails with its name, and with the last error it threw. */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  { within = 60_000, every = 15 } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + within;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const why = last instanceof Error ? `: ${last.message}` : "";
      throw new Error(`not within ${within} ms: ${what}${why}`);
    }
    await pause(every);
  }
}

import { randomBytes } from "node:crypto";

/** Time and chance, as sessions and the lock see them. Tests put their own in its place. */
export interface System {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Milliseconds since 1970 by the clock of this machine: for people alone. */
  date(): number;
  /** Calls once, after so many milliseconds, however many. Returns what calls it off. */
  after(milliseconds: number, call: () => void): () => void;
  /** So many random bytes, as hexadecimal. */
  random(bytes: number): string;
}

/** The longest that one timer of Node.js can wait: beyond it ends after 1 ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const system: System = {
  now: () => performance.now(),
  date: () => Date.now(),
  after(milliseconds, call) {
    const end = performance.now() + milliseconds;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = Math.max(0, end - performance.now());
      timer =
        left > LONGEST_TIMER
          ? setTimeout(arm, LONGEST_TIMER)
          : setTimeout(call, left);
    };
    arm();
    return () => clearTimeout(timer);
  },
  random: (bytes) => randomBytes(bytes).toString("hex"),
};

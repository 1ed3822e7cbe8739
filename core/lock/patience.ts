import { duration } from "../text/duration";
import { LockCancelled } from "./errors";
import type { LockRequest } from "./types";

/** The wait is over. The caller says what it was for. */
export class Expired extends Error {}

/** How long an attempt goes on: `timeout` without progress, `maxWait` in all, and no longer than nobody cancels. */
export class Patience {
  readonly signal: AbortSignal | undefined;
  private readonly end: number;
  private readonly timeout: number;
  private readonly maxWait: number;
  private expiry: number;

  constructor({
    timeout,
    maxWait,
    signal,
  }: Pick<LockRequest, "timeout" | "maxWait" | "signal">) {
    const now = performance.now();
    this.signal = signal;
    this.timeout = timeout * 1000;
    this.maxWait = maxWait * 1000;
    this.end = now + this.maxWait;
    this.expiry = now + this.timeout;
  }

  /** The holders are others than before: the time-out starts anew. */
  progress(): void {
    this.expiry = performance.now() + this.timeout;
  }

  /** Milliseconds. */
  left(): number {
    return Math.max(0, Math.min(this.expiry, this.end) - performance.now());
  }

  /** Which of the two limits ends it first. */
  limit(): string {
    const [timeout, maxWait] = [this.timeout, this.maxWait].map((time) =>
      duration(time / 1000),
    );
    return this.end <= this.expiry
      ? `lock.maxWait (${maxWait}) was over, whatever changed in it`
      : `no holder changed in lock.timeout (${timeout}); lock.maxWait (${maxWait}) bounds it all`;
  }

  /** Until something is over, or this is. */
  async during(something: Promise<unknown>): Promise<void> {
    const { signal } = this;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      // Node's timers overflow beyond 24 days
      const timer = setTimeout(done, Math.min(this.left(), 2 ** 31 - 1));
      signal?.addEventListener("abort", done);
      void something.then(done, done);
      if (signal?.aborted) done();
    });
  }

  /** @throws LockCancelled */
  checkCancelled(): void {
    if (this.signal?.aborted)
      throw new LockCancelled(reasonOf(this.signal.reason));
  }

  /** @throws LockCancelled, Expired */
  check(): void {
    this.checkCancelled();
    if (this.left() === 0) throw new Expired();
  }
}

function reasonOf(reason: unknown): string {
  if (typeof reason === "string") return reason;
  return reason instanceof Error ? reason.message : "cancelled";
}

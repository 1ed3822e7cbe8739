import { LockCancelled } from "./errors";
import type { LockRequest } from "./types";

/** The wait is over. The caller says what it was for. */
export class Expired extends Error {}

/** How long an attempt goes on: `timeout` without progress, `maxWait` in all, and no longer than nobody cancels. */
export class Patience {
  readonly signal: AbortSignal | undefined;
  private readonly end: number;
  private readonly timeout: number;
  private expiry: number;

  constructor({
    timeout,
    maxWait,
    signal,
  }: Pick<LockRequest, "timeout" | "maxWait" | "signal">) {
    const now = performance.now();
    this.signal = signal;
    this.timeout = timeout * 1000;
    this.end = now + maxWait * 1000;
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

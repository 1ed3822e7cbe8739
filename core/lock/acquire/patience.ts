import { duration } from "../../text/duration";
import type { System } from "../../zookeeper/system";
import { LockCancelled } from "../errors";
import type { ChefHolder, LockRequest } from "../types";

/** The wait is over. The caller says what it was for. */
export class Expired extends Error {}

/** Milliseconds to ask in, where nothing is to be waited for: `timeout` or `maxWait` 0. */
const TO_ASK = 10_000;

/** How long an attempt goes on: `timeout` without progress, `maxWait` in all, and no longer than nobody cancels. */
export class Patience {
  readonly signal: AbortSignal | undefined;
  private end: number;
  private readonly timeout: number;
  private readonly maxWait: number;
  private expiry: number;
  /** Holders as last seen, and who had the Chef lock: others are progress. */
  private holders: string | null = null;
  private chef: string | null = null;

  constructor(
    private readonly system: System,
    {
      timeout,
      maxWait,
      signal,
    }: Pick<LockRequest, "timeout" | "maxWait" | "signal">,
  ) {
    const now = system.now();
    this.signal = signal;
    this.timeout = timeout * 1000;
    this.maxWait = maxWait * 1000;
    this.end = now + (this.once() ? TO_ASK : this.maxWait);
    this.expiry = now + (this.once() ? TO_ASK : this.timeout);
  }

  /** It tries once: a free lock is taken, another is not waited for. */
  private once(): boolean {
    return this.timeout === 0 || this.maxWait === 0;
  }

  /** The lock is not free. */
  mustWait(): void {
    if (this.once()) this.end = this.system.now();
  }

  /** These hold: where they are others than before, the time-out starts anew. */
  sawHolders(ids: readonly string[]): void {
    const now = [...ids].sort().join();
    if (this.holders !== null && this.holders !== now) this.progress();
    this.holders = now;
  }

  /** The same of the Chef lock. */
  sawChef(chef: ChefHolder | null): void {
    if (!chef) return;
    if (this.chef !== null && this.chef !== chef.czxid) this.progress();
    this.chef = chef.czxid;
  }

  private progress(): void {
    this.expiry = this.system.now() + this.timeout;
  }

  /** Milliseconds. */
  left(): number {
    return Math.max(0, Math.min(this.expiry, this.end) - this.system.now());
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
        callOff();
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const callOff = this.system.after(this.left(), done);
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

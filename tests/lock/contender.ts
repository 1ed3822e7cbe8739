import {
  acquire,
  type Held,
  type LockRequest,
  type WaitReport,
} from "../../core/lock";
import type { Session } from "../../core/zookeeper/session";
import { eventually } from "../support/eventually";

/** Somebody who tries to get a lock, observed from outside. */
export class Contender {
  held: Held | null = null;
  error: Error | null = null;
  readonly reports: WaitReport[] = [];
  readonly ended: Promise<void>;
  private readonly abort = new AbortController();

  constructor(
    readonly session: Session,
    request: LockRequest,
  ) {
    this.ended = acquire(session, {
      ...request,
      signal: this.abort.signal,
      onWait: (report) => void this.reports.push(report),
    }).then(
      (held) => {
        this.held = held;
      },
      (error: Error) => {
        this.error = error;
      },
    );
  }

  cancel(why = "by the test"): void {
    this.abort.abort(why);
  }

  /** Resolves when it has nothing to do but wait. */
  async waits(): Promise<WaitReport> {
    await eventually("the contender waits", () => {
      if (this.error) throw this.error;
      if (this.held) throw new Error("it did not wait");
      return this.reports.length > 0;
    });
    return this.reports.at(-1)!;
  }

  /** Looks anew and waits again: it has come to the same result. */
  async waitsAgain(): Promise<WaitReport> {
    this.reports.length = 0;
    return this.waits();
  }

  async gets(): Promise<Held> {
    await this.ended;
    if (this.error) throw this.error;
    return this.held!;
  }

  async fails(): Promise<Error & { story?: string[] }> {
    await this.ended;
    if (!this.error) throw new Error("it got the lock");
    return this.error;
  }
}

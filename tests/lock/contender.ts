import {
  acquire,
  type Held,
  type LockRequest,
  type WaitReport,
} from "../../core/lock";
import type { Attempt } from "../../core/lock/acquire/attempt";
import { lockPath } from "../../core/lock/tree/paths";
import { localView } from "../../core/lock/local/views";
import type { Session } from "../../core/zookeeper/session";
import { eventually } from "../support/eventually";

/** Somebody who tries to get a lock, observed from outside. */
export class Contender {
  held: Held | null = null;
  error: Error | null = null;
  readonly reports: WaitReport[] = [];
  readonly ended: Promise<void>;
  private readonly abort = new AbortController();
  private readonly onWait = (report: WaitReport) =>
    void this.reports.push(report);

  constructor(
    readonly session: Session,
    private readonly request: LockRequest,
  ) {
    this.ended = acquire(session, {
      ...request,
      signal: this.abort.signal,
      onWait: this.onWait,
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

  /** Resolves when it has nothing to do but wait. It tells of it a moment later, if it waits still. */
  async waits(): Promise<void> {
    await this.until("sleeps", () => this.asleep !== undefined);
  }

  /** The same, as the first in the queue. */
  async leads(): Promise<void> {
    await this.until("is first", () => this.asleep?.place.first);
  }

  /** Resolves when it has told that it waits. */
  async tells(): Promise<WaitReport> {
    await this.until("waits", () => this.reports.length > 0);
    return this.reports.at(-1)!;
  }

  /** Looks anew and waits again: it has come to the same result. To be called of one that has told. */
  async waitsAgain(): Promise<WaitReport> {
    this.reports.length = 0;
    return this.tells();
  }

  /** Resolves when its time is over: what its error says is known. */
  async expires(): Promise<void> {
    await this.until("expires", () => this.queued?.patience.left() === 0);
  }

  /** Its attempt, as soon as it queues. */
  private get queued(): Attempt | undefined {
    const { session, request, onWait } = this;
    const path = lockPath(request.root, request.name);
    return localView<Attempt>(session, path)
      .contenders()
      .find(({ queued, request }) => queued && request.onWait === onWait);
  }

  /** The same, while it has looked at all and sleeps until it is woken. */
  private get asleep(): Attempt | undefined {
    const { queued } = this;
    return queued?.attention.isAsleep() ? queued : undefined;
  }

  private async until(what: string, condition: () => unknown): Promise<void> {
    await eventually(
      `the contender ${what}`,
      () => this.error ?? this.held ?? condition(),
      { every: 2 },
    );
    if (this.error) throw this.error;
    if (this.held) throw new Error("it did not wait");
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

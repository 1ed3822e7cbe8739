/** Nothing new is begun any more. */
export class Halted extends Error {}

/** The second signal came: whatever runs is left as it is. */
export class Killed extends Error {}

/**
 * Why an operation begins nothing new: a step failed, or a signal came. What runs
 * goes on to its end; only the second signal abandons it.
 */
export class Halt {
  readonly failures: string[] = [];
  private readonly stop = new AbortController();
  private readonly over = new AbortController();
  private readonly killing: Promise<never>;

  constructor(
    private readonly first: AbortSignal | undefined,
    private readonly second: AbortSignal | undefined,
  ) {
    const stop = () => this.stop.abort();
    this.onAbort(first, stop);
    this.onAbort(second, stop);
    this.killing = new Promise<never>((_, reject) =>
      this.onAbort(second, () =>
        reject(new Killed("the operation was abandoned")),
      ),
    );
    this.killing.catch(() => {}); // told to who waits
  }

  get canceled(): boolean {
    return (this.first?.aborted || this.second?.aborted) ?? false;
  }

  get killed(): boolean {
    return this.second?.aborted ?? false;
  }

  get halted(): boolean {
    return this.stop.signal.aborted;
  }

  fail(reason: string): void {
    this.failures.push(reason);
    this.stop.abort();
  }

  /** Goes before every beginning. */
  check(): void {
    if (this.halted) throw new Halted("the engine takes no more registrations");
  }

  onHalt(listener: () => void): void {
    this.onAbort(this.stop.signal, listener);
  }

  onKill(listener: () => void): void {
    this.onAbort(this.second, listener);
  }

  onCancel(listener: (now: boolean) => void): void {
    this.onAbort(this.first, () => listener(false));
    this.onAbort(this.second, () => listener(true));
  }

  /** The operation is over: signals are no longer of interest. */
  end(): void {
    this.over.abort();
  }

  unlessKilled<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.killing]);
  }

  private onAbort(signal: AbortSignal | undefined, listener: () => void): void {
    if (signal?.aborted) listener();
    else
      signal?.addEventListener("abort", listener, {
        once: true,
        signal: this.over.signal,
      });
  }
}

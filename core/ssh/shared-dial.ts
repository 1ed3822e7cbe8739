/** One piece of work that several wait for; it is given up when the last of them does. */
export class SharedDial<T> {
  private readonly controller = new AbortController();
  private readonly result: Promise<T>;
  private waiting = 0;

  constructor(closing: AbortSignal, work: (signal: AbortSignal) => Promise<T>) {
    this.result = work(AbortSignal.any([this.controller.signal, closing]));
    this.result.catch(() => {}); // nobody may be waiting any more
  }

  /** Given up, but not ended yet: nobody may join any more. */
  get abandoned(): boolean {
    return this.controller.signal.aborted;
  }

  /** Waits with the others; an aborted signal ends the wait at once. */
  async join(signal?: AbortSignal): Promise<T> {
    this.waiting++;
    let leave = () => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal?.reason as Error);
    });
    try {
      signal?.throwIfAborted();
      signal?.addEventListener("abort", leave, { once: true });
      return await Promise.race([this.result, left]);
    } finally {
      signal?.removeEventListener("abort", leave);
      if (--this.waiting === 0)
        this.controller.abort(new Error("nobody waits"));
    }
  }
}

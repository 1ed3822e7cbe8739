import type { Reply } from "./replies";

/** More requests under way would block the event loop: their answers are parsed in one go. */
const MOST = 256;

/** A request whose turn has come. */
export interface Sending<R extends Reply> {
  /** Milliseconds until its outcome counts as unknown. */
  within: number;
  send(answered: (reply: R) => void): void;
}

/** Requests under way and those whose turn has not come. Each one ends: by its answer, its deadline, or all together. */
export class InFlight {
  private readonly calls = new Set<(reply: Reply) => void>();
  private readonly queue: (() => void)[] = [];

  /** `begin` is asked when its turn has come, and may answer at once. */
  run<R extends Reply>(begin: () => R | Sending<R>): Promise<R> {
    return new Promise<R>((resolve) => {
      const start = () => {
        const what = begin();
        if ("code" in what) resolve(what);
        else this.start(what, resolve);
      };
      if (this.calls.size < MOST) start();
      else this.queue.push(start);
    });
  }

  private start<R extends Reply>(
    { within, send }: Sending<R>,
    resolve: (reply: R) => void,
  ): void {
    const settle = (reply: Reply) => {
      if (!this.calls.delete(settle)) return;
      clearTimeout(timer);
      this.queue.shift()?.();
      resolve(reply as R);
    };
    this.calls.add(settle);
    const timer = setTimeout(() => settle({ code: "TIMEOUT" }), within);
    try {
      send(settle);
    } catch (error) {
      settle({ code: `ERROR_${(error as Error).message}`, unsent: true });
    }
  }

  /** Nothing of it will be answered any more. */
  endAll(code: Reply["code"]): void {
    for (const settle of [...this.calls]) settle({ code });
    for (const start of this.queue.splice(0)) start(); // they find themselves unsent
  }
}

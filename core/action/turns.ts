/** Turns for those who skip the lock: inside this process at most so many at once, in the order they came. */
export class Turns {
  private readonly queues = new Map<string, Queue>();

  /** Resolves to what gives the turn back. @throws the signal's reason */
  async take(
    name: string,
    places: number,
    signal: AbortSignal,
  ): Promise<() => void> {
    signal.throwIfAborted();
    const queue = this.queues.get(name) ?? { taken: 0, waiting: [] };
    this.queues.set(name, queue);
    if (queue.taken < places && queue.waiting.length === 0) queue.taken++;
    else await this.wait(queue, signal);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.give(name, queue);
    };
  }

  private wait(queue: Queue, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        const place = queue.waiting.indexOf(turn);
        if (place >= 0) queue.waiting.splice(place, 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", leave, { once: true });
      queue.waiting.push(turn);
    });
  }

  // The next one takes the place over: `taken` stays as it is.
  private give(name: string, queue: Queue): void {
    const next = queue.waiting.shift();
    if (next) return next();
    queue.taken--;
    if (queue.taken === 0) this.queues.delete(name);
  }
}

interface Queue {
  taken: number;
  waiting: (() => void)[];
}

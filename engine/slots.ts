import { Halted, type Halt } from "./halt";

/** At most so many pieces of work at a time, in the order they came. */
export class Slots {
  private free: number;
  private waiting: { start: () => void; refuse: (why: Error) => void }[] = [];

  constructor(
    count: number,
    private readonly halt: Halt,
  ) {
    this.free = count;
    halt.onHalt(() => {
      for (const { refuse } of this.waiting.splice(0))
        refuse(new Halted("the engine takes no more registrations"));
    });
  }

  /** @throws Halted if the operation is halted before it is this one's turn */
  async use<T>(work: () => Promise<T>): Promise<T> {
    this.halt.check();
    if (this.free > 0) this.free--;
    else
      await new Promise<void>((start, refuse) =>
        this.waiting.push({ start, refuse }),
      );
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next.start();
      else this.free++;
    }
  }
}

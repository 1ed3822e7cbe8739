import { Dice } from "../../chaos/dice";
import { EntryQueue, type Entry } from "./queue";

/** A process or a server: what it does can be held up, or end for ever. */
export interface Party {
  readonly name: string;
  /** Nothing happens in it before this moment. */
  frozenUntil: number;
  /** Nothing happens in it any more. */
  dead: boolean;
  /** Milliseconds by which its wall clock is ahead. */
  skew: number;
}

export interface Timer extends Entry {
  party: Party | null;
}

/** The wall clock at the beginning of each world. */
const EPOCH = Date.UTC(2030, 0, 1);

// Not in Node's types: runs all microtasks and ticks that are due, here and now.
const settle = (process as unknown as { _tickCallback(): void })._tickCallback;

/**
 * The virtual time: everything that happens is an entry of one queue, and what
 * it leads to is over before the next one begins. Chance comes from one seed
 * alone, so one seed is one course of events.
 *
 * What runs in an entry is of the entry's party, and so is what it leaves for
 * later: timers, messages. A party that is frozen or dead is so altogether.
 */
export class World {
  readonly dice: Dice;
  /** Milliseconds since the beginning. */
  now = 0;
  /** Whose entry runs. */
  current: Party | null = null;
  private order = 0;
  private readonly queue = new EntryQueue<Timer>();

  constructor(readonly seed: number) {
    this.dice = new Dice(seed);
  }

  party(name: string): Party {
    return { name, frozenUntil: 0, dead: false, skew: 0 };
  }

  /** `Date.now()` of the party whose entry runs. */
  get wallClock(): number {
    return EPOCH + Math.floor(this.now) + (this.current?.skew ?? 0);
  }

  /** Something to happen in so many milliseconds. @param party whose it is; by default of who asks */
  after(
    delay: number,
    run: () => void,
    party: Party | null = this.current,
  ): Timer {
    return this.at(this.now + Math.max(0, delay), run, party);
  }

  at(time: number, run: () => void, party: Party | null): Timer {
    const entry: Timer = { time, order: this.order++, run, party };
    this.queue.push(entry);
    return entry;
  }

  cancel(entry: Timer): void {
    entry.run = null;
  }

  /** Nothing happens in this party for so long. */
  freeze(party: Party, duration: number): void {
    party.frozenUntil = Math.max(party.frozenUntil, this.now + duration);
  }

  /**
   * Lets the time run to this moment, or until `over` says so after an entry.
   * Must not be called from a microtask: see `inMacrotask`.
   */
  run(until: number, over?: () => boolean): void {
    settle(); // of others, in the real time
    const leave = enter(this);
    try {
      for (;;) {
        const entry = this.queue.peek();
        if (!entry || entry.time > until) break;
        this.queue.pop();
        this.step(entry);
        if (over?.()) return;
      }
      this.now = Math.max(this.now, until);
    } finally {
      this.current = null;
      leave();
    }
  }

  private step(entry: Timer): void {
    const { run, party } = entry;
    if (!run || party?.dead) return;
    if (party && party.frozenUntil > entry.time) {
      // in the order in which they would have happened: the order stays
      entry.time = party.frozenUntil;
      this.queue.push(entry);
      return;
    }
    this.now = entry.time;
    this.current = party;
    entry.run = null;
    run();
    settle();
  }
}

let active: World | null = null;

function enter(world: World): () => void {
  const before = active;
  active = world;
  return () => {
    active = before;
  };
}

/** The world whose time runs right now: only while it runs are timers, clocks and chance its own. */
export function activeWorld(): World | null {
  return active;
}

/** Runs something outside any microtask, where a world can run. */
export function inMacrotask<T>(run: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(run());
      } catch (error) {
        reject(error as Error);
      }
    });
  });
}

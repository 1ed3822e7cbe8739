import { expect } from "chai";
import {
  LocalView,
  type Contender,
  type SentGrant,
  type Snapshot,
} from "../../../core/lock/local/view";
import type { LockState } from "../../../core/lock/tree/records";
import { idsIn } from "../../../core/lock/tree/slots";

/** Numbers that look random, the same for each seed. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

/** The same for all that adopted from each other. */
const ownerOf = (id: string): string => id.replace(/'+$/, "");

interface Waiter extends Contender {
  ours: boolean;
  waiter: string;
  ahead: string | null;
  /** What it knew when it looked as the first. */
  seen: Snapshot | null;
}

interface Holder {
  id: string;
  slot: number;
  group: string;
  failed: boolean;
}

/** A lock as it truly is, and what a process that knows some of it concludes. */
class Course {
  readonly view = new LocalView<Waiter>();
  version = 0;
  queue: Waiter[] = [];
  holders: Holder[] = [];
  private count = 0;
  /** Grants that were carried out, whose answers are still to come. */
  private answers: (() => void)[] = [];

  constructor(private readonly roll: (below: number) => number) {}

  private lock(): LockState {
    return { version: this.version } as LockState;
  }

  private snapshot(): Snapshot {
    const slots = new Map<number, string[]>();
    for (const { slot, id } of this.holders)
      slots.set(slot, [...(slots.get(slot) ?? []), id]);
    return { lock: this.lock(), slots };
  }

  private pick<T>(from: readonly T[]): T | undefined {
    return from[this.roll(from.length)];
  }

  step(): void {
    const steps = [
      () => this.comes(),
      () => this.comes(),
      () => this.leaves(),
      () => this.looks(),
      () => this.looks(),
      () => this.granted(),
      () => this.granted(),
      () => this.answers.shift()?.(),
      () => this.releases(),
      () => this.fails(),
      () => this.adopted(),
      () => this.learns(),
      () => this.roll(4) === 0 && this.view.forget(),
    ];
    this.pick(steps)!();
  }

  private comes(): void {
    const waiter: Waiter = {
      ours: this.roll(3) > 0,
      waiter: `w${++this.count}`,
      ahead: this.queue.at(-1)?.waiter ?? null,
      seen: null,
      offer: () => null,
    };
    this.queue.push(waiter);
    if (!waiter.ours) return;
    this.view.enter(waiter);
    this.view.placed(waiter);
  }

  /** Cancelled. Its heir finds its place anew, later. */
  private leaves(): void {
    const waiter = this.pick(this.queue);
    if (!waiter || this.roll(3) > 0) return;
    this.queue = this.queue.filter((each) => each !== waiter);
    this.view.leave(waiter);
  }

  /** The first looks at all. */
  private looks(): void {
    const [first] = this.queue;
    if (!first?.ours) return;
    first.seen = this.snapshot();
    this.view.leads(first, first.seen.slots);
  }

  /** A grant by the queue: carried out now, answered later. */
  private granted(): void {
    const [first] = this.queue;
    if (!first) return;
    const known = first.ours ? first.seen : this.snapshot();
    if (!known) return;
    const taken = new Set(this.holders.map(({ slot }) => slot));
    const slot = [0, 1, 2].find((slot) => !taken.has(slot));
    const id = `h-${first.waiter}`;
    const slots = new Map(known.slots).set(slot ?? 0, [id]);
    const sent: SentGrant | null = first.ours
      ? this.view.grantSent(first.waiter, id, { lock: known.lock, slots })
      : null;
    const group = `g${this.roll(4)}`;
    const refused = slot === undefined || known.lock.version !== this.version;
    if (refused) {
      this.answers.push(() => sent?.refused());
      return;
    }
    this.queue.shift();
    this.holders.push({ id, slot, group, failed: false });
    this.answers.push(() => {
      sent?.granted({ group, failed: false });
      this.view.displaced(first);
    });
  }

  private releases(): void {
    const holder = this.pick(this.holders);
    if (!holder) return;
    this.holders = this.holders.filter((each) => each !== holder);
    if (this.roll(2) > 0) this.view.holderGone(holder.id);
  }

  /** FAIL writes L. */
  private fails(): void {
    const holder = this.pick(this.holders);
    if (!holder) return;
    holder.failed = true;
    this.version += 1;
  }

  /** A new holder of the same owner, in the place of the old one. */
  private adopted(): void {
    const holder = this.pick(this.holders);
    if (holder) holder.id = `${holder.id}'`;
  }

  /** Reads a holder under the version that it knows. */
  private learns(): void {
    const holder = this.pick(this.holders);
    if (!holder) return;
    const { id, group, failed } = holder;
    this.view.learn(this.version, id, { group, failed });
  }

  /** What it says is true; whoever holds is among those that it tells of. */
  async check(): Promise<void> {
    for (const { id, group, failed } of this.holders) {
      const fact = this.view.fact(this.version, id);
      if (fact) expect(fact, id).to.deep.equal({ group, failed });
    }
    while (this.answers.length > 0) this.answers.shift()!();
    const [first] = this.queue;
    if (!first) return;
    const before = await this.view.holdersBefore(first.waiter);
    if (before) this.covers(idsIn(before));
    for (const waiter of this.queue.filter(({ ours }) => ours)) {
      const left = await this.view.inherited(waiter);
      if (!left) continue;
      expect(waiter.waiter, "only the first inherits").to.equal(first.waiter);
      this.covers(idsIn(left.slots));
    }
  }

  /** Others can only have left, or been adopted by their own owner. */
  private covers(told: readonly string[]): void {
    const owners = told.map(ownerOf);
    for (const { id } of this.holders)
      expect(owners, `${id} holds`).to.include(ownerOf(id));
  }
}

describe("what a process knows of a lock without asking", () => {
  it("is true, or nothing, whatever happens and whatever is forgotten", async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const roll = dice(seed);
      const course = new Course(roll);
      for (let i = 0; i < 60; i++) {
        course.step();
        if (roll(4) === 0)
          await course.check().catch((error: Error) => {
            throw new Error(`seed ${seed}, step ${i}: ${error.message}`);
          });
      }
    }
  });

  it("is nothing of a grant that was only sent", async () => {
    const view = new LocalView<Waiter>();
    const snapshot = { lock: { version: 1 } as LockState, slots: new Map() };
    const sent = view.grantSent("w1", "h1", snapshot);
    expect(view.fact(1, "h1")).to.equal(undefined);
    const heir = { waiter: "w2", ahead: "w1" } as Waiter;
    const inherits = view.inherited(heir);
    sent.refused();
    expect(await inherits).to.equal(null);
    expect(view.fact(1, "h1")).to.equal(undefined);
  });
});

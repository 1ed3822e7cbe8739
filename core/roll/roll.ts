import { Places } from "./places";
import type {
  Control,
  Ending,
  Member,
  RollResult,
  RollRules,
  Work,
} from "./types";
import { inOrder, wavesOf, type Wave } from "./waves";

/** Members that connect, and look at their host, ahead of their turn. */
const AHEAD = 2;

export interface RollOptions {
  /** Aborted: nothing new begins; what acts is finished. */
  signal: AbortSignal;
  /** Told whenever a member begins or ends. */
  changed?: () => void;
}

/**
 * Takes a fleet in hand, in its order, as many at once as the lock has places. Who may really act
 * is decided by the lock, for each member anew; this only decides who asks for it, and when
 * to stop asking: at `maxFailures` failures, at a canary that did not pass, when the lock is blocked.
 */
export async function roll(
  members: Member[],
  rules: RollRules,
  work: Work,
  options: RollOptions,
): Promise<RollResult> {
  const run = new Roll(rules, work, options);
  const through = async (part: Member[]) => {
    for (const wave of wavesOf(part, rules))
      if (run.stopped === null) await run.wave(wave);
  };
  const others = inOrder(members.filter(({ canary }) => !canary));
  let canaries = members.filter(({ canary }) => canary);
  while (canaries.length > 0 && run.stopped === null) {
    await through(canaries);
    const idle = canaries.filter(({ key }) => run.isIdle(key)).length;
    canaries = others
      .splice(0, idle)
      .map((member) => ({ ...member, canary: true }));
  }
  await through(others);
  run.close();
  return { endings: run.endings, stopped: run.stopped };
}

/** A member at work. */
interface AtWork {
  member: Member;
  controller: AbortController;
  /**
   * `slow`: it can't connect, and others need not wait for it. `placed`: it has asked for the lock.
   * `leaving`: it is giving it back, and its place is another's.
   */
  state: "connecting" | "slow" | "ready" | "placed" | "leaving";
  go: () => void;
}

class Roll {
  readonly endings = new Map<string, Ending>();
  /** Why nothing new begins any more; told at the end, for who acts may fail until then. */
  private why: (() => string) | null = null;
  /** In the order they began. */
  private readonly active = new Map<string, AtWork>();
  /** Groups with a member that failed and keeps its lock: nobody of them gets it. */
  private readonly stuck: string[] = [];
  private failures: number;
  private waiting: Member[] = [];
  /** Ends the wave. */
  private over: () => void = () => {};
  /** Places of those who have asked for the lock, and of all who have begun. */
  private taken: Places;
  private begun: Places;

  constructor(
    private readonly rules: RollRules,
    private readonly work: Work,
    private readonly options: RollOptions,
  ) {
    this.failures = rules.failed ?? 0;
    this.taken = new Places(rules);
    this.begun = new Places(rules);
    this.mayGoOn();
    options.signal.addEventListener("abort", this.onAbort);
    if (options.signal.aborted) this.onAbort();
  }

  get stopped(): string | null {
    return this.why && this.why();
  }

  close(): void {
    this.options.signal.removeEventListener("abort", this.onAbort);
  }

  /** Resolves when nobody of the wave is at work any more and nobody else of it can begin. */
  async wave({ members, canary }: Wave): Promise<void> {
    // where each is a group of its own, whoever is next can take any place
    const apart = new Set(members.map(({ group }) => group)).size;
    const ahead = apart === members.length ? AHEAD : 0;
    this.taken = new Places(this.rules, 0, this.stuck);
    this.begun = new Places(this.rules, ahead, this.stuck);
    this.waiting = [...members];
    await new Promise<void>((resolve) => {
      this.over = resolve;
      this.go();
    });
    const left = this.waiting.length;
    if (left > 0)
      this.stop(
        `${left} not begun: a failed member of their group keeps the lock`,
      );
    if (canary && !members.every(({ key }) => this.passed(key)))
      this.stop("a canary did not pass");
  }

  /** Nothing was done to it. */
  isIdle(key: string): boolean {
    const ending = this.endings.get(key);
    return ending?.kind === "done" && ending.idle === true;
  }

  private passed(key: string): boolean {
    const ending = this.endings.get(key);
    return ending?.kind === "done" && (ending.passed || ending.idle === true);
  }

  /** Begins whoever fits; each one that leaves or ends calls it again. */
  private go(): void {
    while (this.why === null) {
      const next = this.waiting.findIndex(
        ({ group }) => !this.stuck.includes(group) && this.begun.fits(group),
      );
      if (next < 0) break;
      const [member] = this.waiting.splice(next, 1);
      void this.begin(member!).then(() => this.go());
    }
    this.giveTurns();
    if (this.active.size === 0) this.over();
  }

  private async begin(member: Member): Promise<void> {
    const controller = new AbortController();
    const atWork: AtWork = {
      ...{ member, controller, state: "connecting", go: () => {} },
    };
    this.active.set(member.key, atWork);
    this.begun.take(member.group);
    this.options.changed?.();
    const ending = await this.work(member, this.control(atWork)).catch(
      (error: unknown): Ending => ({
        ...{ kind: "failed", kept: false },
        reason: error instanceof Error ? error.message : String(error),
      }),
    );
    this.active.delete(member.key);
    this.endings.set(member.key, ending);
    this.settle(atWork, ending);
    this.judge(ending);
    this.options.changed?.();
  }

  private control(atWork: AtWork): Control {
    return {
      signal: atWork.controller.signal,
      slow: () => {
        if (atWork.state === "connecting") atWork.state = "slow";
        this.giveTurns();
      },
      turn: () =>
        new Promise((resolve) => {
          Object.assign(atWork, { state: "ready", go: resolve });
          this.giveTurns();
        }),
      leaving: () => {
        if (atWork.state !== "placed") return;
        this.vacate(atWork);
        atWork.state = "leaving";
        this.go();
      },
    };
  }

  /** In the order they began, to as many as the lock has places for; who is told to stop finds out by itself. */
  private giveTurns(): void {
    for (const atWork of this.active.values()) {
      const { state, member } = atWork;
      if (state === "connecting" && this.why === null) return;
      if (state !== "ready") continue;
      if (this.why === null) {
        if (!this.taken.fits(member.group)) return;
        this.taken.take(member.group);
        atWork.state = "placed";
      }
      atWork.go();
    }
  }

  /** Its place is free again, unless it keeps its lock. */
  private settle(atWork: AtWork, ending: Ending): void {
    const { member, state } = atWork;
    if (ending.kind === "failed" && ending.kept) {
      this.stuck.push(member.group);
      if (state !== "placed") this.taken.take(member.group); // by an earlier run
    } else if (state !== "leaving") this.vacate(atWork);
  }

  private vacate({ member, state }: AtWork): void {
    this.begun.give(member.group);
    if (state === "placed") this.taken.give(member.group);
  }

  private judge(ending: Ending): void {
    if (ending.kind === "blocked") this.stop(ending.reason);
    if (ending.kind !== "failed") return;
    this.failures += 1;
    this.mayGoOn();
  }

  private mayGoOn(): void {
    const { maxFailures } = this.rules;
    if (this.failures >= maxFailures)
      this.stop(() => `${this.failures} failed of ${maxFailures} allowed`);
  }

  private readonly onAbort = () => {
    const { reason } = this.options.signal as { reason: unknown };
    this.stop(reason instanceof Error ? reason.message : "it was cancelled");
  };

  /** Whoever only waits stops waiting; who acts goes on to its end. */
  private stop(why: string | (() => string)): void {
    this.why ??= typeof why === "string" ? () => why : why;
    for (const { controller } of this.active.values())
      controller.abort(new Error(this.why()));
    this.giveTurns();
  }
}

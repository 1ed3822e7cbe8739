import { Places } from "./places";
import type { Ending, Member, RollResult, RollRules, Work } from "./types";
import { wavesOf, type Wave } from "./waves";

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
  for (const wave of wavesOf(members, rules)) {
    if (run.stopped !== null) break;
    await run.wave(wave);
  }
  run.close();
  return { endings: run.endings, stopped: run.stopped };
}

class Roll {
  readonly endings = new Map<string, Ending>();
  /** Why nothing new begins any more. */
  stopped: string | null = null;
  private readonly active = new Map<string, AbortController>();
  /** Groups with a member that failed and keeps its lock: nobody of them gets it. */
  private readonly stuck = new Set<string>();
  private failures = 0;
  private waiting: Member[] = [];
  private places: Places;

  constructor(
    private readonly rules: RollRules,
    private readonly work: Work,
    private readonly options: RollOptions,
  ) {
    this.places = new Places(rules, true);
    options.signal.addEventListener("abort", this.onAbort);
    if (options.signal.aborted) this.onAbort();
  }

  close(): void {
    this.options.signal.removeEventListener("abort", this.onAbort);
  }

  /** Resolves when nobody of the wave is at work any more and nobody else of it can begin. */
  async wave({ members, stage }: Wave): Promise<void> {
    const groups = new Set(members.map(({ group }) => group));
    this.places = new Places(this.rules, groups.size === members.length);
    for (const group of this.stuck) this.places.take(group);
    this.waiting = [...members];
    await new Promise<void>((resolve) => this.go(resolve));
    const left = this.waiting.length;
    if (left > 0)
      this.stop(
        `${left} not begun: a failed member of their group keeps the lock`,
      );
    if (stage === "canary" && !members.every(({ key }) => this.passed(key)))
      this.stop("a canary did not pass");
  }

  private passed(key: string): boolean {
    const ending = this.endings.get(key);
    return ending?.kind === "done" && ending.passed;
  }

  /** Begins whoever fits; each one that ends calls it again. */
  private go(over: () => void): void {
    while (this.stopped === null) {
      const next = this.waiting.findIndex(
        ({ group }) => !this.stuck.has(group) && this.places.fits(group),
      );
      if (next < 0) break;
      const [member] = this.waiting.splice(next, 1);
      void this.begin(member!).then(() => this.go(over));
    }
    if (this.active.size === 0) over();
  }

  private async begin(member: Member): Promise<void> {
    const controller = new AbortController();
    this.active.set(member.key, controller);
    this.places.take(member.group);
    this.options.changed?.();
    const ending = await this.work(member, controller.signal).catch(
      (error: unknown): Ending => ({
        ...{ kind: "failed", kept: false },
        reason: error instanceof Error ? error.message : String(error),
      }),
    );
    this.active.delete(member.key);
    this.endings.set(member.key, ending);
    const kept = ending.kind === "failed" && ending.kept;
    if (kept) this.stuck.add(member.group);
    else this.places.give(member.group);
    this.judge(ending);
    this.options.changed?.();
  }

  private judge(ending: Ending): void {
    if (ending.kind === "blocked") this.stop(ending.reason);
    if (ending.kind !== "failed") return;
    this.failures += 1;
    const { maxFailures } = this.rules;
    if (this.failures >= maxFailures)
      this.stop(`${this.failures} failed of ${maxFailures} allowed`);
  }

  private readonly onAbort = () => {
    const { reason } = this.options.signal as { reason: unknown };
    this.stop(reason instanceof Error ? reason.message : "it was cancelled");
  };

  /** Whoever only waits stops waiting; who acts goes on to its end. */
  private stop(why: string): void {
    this.stopped ??= why;
    for (const controller of this.active.values())
      controller.abort(new Error(this.stopped));
  }
}

import type { Attempt } from "./attempt";
import type { Grant } from "./grant";
import { failHolder } from "./fail-holder";
import { historyRecord } from "./history";
import { LivingHolder } from "./living-holder";
import { removeHolder } from "./remove-holder";
import { settle } from "./settle";
import type {
  Held,
  HistoryEntry,
  HistoryRecord,
  HolderFailure,
  HolderRecord,
  Released,
} from "./types";

/** A granted lock: how it ends, by RELEASE, FAIL or being left. */
export class HeldLock extends LivingHolder implements Held {
  readonly fencingToken: string;
  readonly waited: number;
  readonly adopted: HolderRecord | null;
  readonly adoptedAge: number | null;
  private readonly slot: number;
  private readonly grantedAt = performance.now();

  constructor(attempt: Attempt, grant: Grant) {
    super(attempt, grant);
    this.slot = grant.slot;
    this.fencingToken = grant.fencingToken;
    this.adopted = grant.adopted;
    this.adoptedAge = grant.adoptedAge ?? null;
    this.waited = (performance.now() - attempt.startedAt) / 1000;
  }

  held(): number {
    return (performance.now() - this.grantedAt) / 1000;
  }

  async release(entry?: HistoryEntry): Promise<Released> {
    return this.settling("releasing", async (until) => {
      await this.end(until);
      const result = await removeHolder(
        this.session,
        {
          paths: this.paths,
          slot: this.slot,
          id: this.id,
          lives: [this.live],
          mirror: this.data.mirror ?? null,
        },
        until,
        this.historyOf(entry),
      );
      if (result === "gone") throw await this.lost();
      const lost = result === "withoutMirror" ? this.data.mirror : undefined;
      return { lostMirror: lost ?? null };
    });
  }

  async fail(failure: HolderFailure, entry?: HistoryEntry): Promise<void> {
    const data: HolderRecord = { ...this.data, state: "failed", failure };
    await this.settling("marking as failed", async (until) => {
      await this.end(until);
      const { session, paths, path, live } = this;
      const holder = { paths, path, live, data };
      const marked = await failHolder(
        session,
        holder,
        until,
        this.historyOf(entry),
      );
      if (!marked) throw await this.lost();
    });
  }

  async abandon(): Promise<void> {
    await this.settling("leaving", async (until) => {
      this.close();
      await this.reviving;
      await settle(this.session, until, () =>
        this.session.remove(`${this.path}/${this.live}`),
      );
    });
  }

  private historyOf(entry: HistoryEntry | undefined): HistoryRecord | null {
    if (!entry) return null;
    const { target, subject, urn, run, ci, action, runKey, from } = this.data;
    const { roll, canary } = this.data;
    const who = { target, subject, urn, run, ci, action, runKey };
    const facts = { ...who, roll, canary };
    const { id: holder, fencingToken, waited } = this;
    return historyRecord(
      { ...facts, holder, fencingToken, waited, held: this.held(), ...entry },
      from,
    );
  }
}

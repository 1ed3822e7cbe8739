import { removeHolder } from "./remove-holder";
import { historyRecord } from "../tree/history";
import { settle } from "../tree/settle";
import { abandon } from "../tree/transactions";
import type {
  Held,
  HistoryEntry,
  HistoryRecord,
  HolderFailure,
  HolderRecord,
  Released,
} from "../types";
import { failHolder } from "./fail-holder";
import { LivingHolder, type Granted, type Origin } from "./living-holder";

/** A granted lock: how it ends, by RELEASE, FAIL or ABANDON. */
export class HeldLock extends LivingHolder implements Held {
  readonly fencingToken: string;
  readonly waited: number;
  readonly adopted: HolderRecord | null;
  readonly adoptedAge: number | null;
  private readonly slot: number;
  private readonly grantedAt: number;

  constructor(origin: Origin, granted: Granted) {
    super(origin, granted);
    this.slot = granted.slot;
    this.fencingToken = granted.fencingToken;
    this.adopted = granted.adopted;
    this.adoptedAge = granted.adoptedAge ?? null;
    this.grantedAt = origin.session.system.now();
    this.waited = (this.grantedAt - origin.startedAt) / 1000;
  }

  held(): number {
    return (this.session.system.now() - this.grantedAt) / 1000;
  }

  async release(entry?: HistoryEntry): Promise<Released> {
    return this.settling("releasing", async (until) => {
      await this.end(until);
      const { session, paths, slot, id, live, data } = this;
      const mirror = data.mirror ?? null;
      const result = await removeHolder(
        session,
        { paths, slot, id, lives: [live], mirror },
        until,
        this.historyOf(entry),
      );
      if (result === "gone") throw await this.lost();
      return { lostMirror: result === "withoutMirror" ? mirror : null };
    });
  }

  async fail(failure: HolderFailure, entry?: HistoryEntry): Promise<void> {
    const data: HolderRecord = { ...this.data, state: "failed", failure };
    await this.settling("marking as failed", async (until) => {
      await this.end(until);
      const { session, paths, path } = this;
      const marked = await failHolder(
        session,
        { paths, path, lives: [...this.lives], data },
        until,
        this.historyOf(entry),
      );
      if (!marked) throw await this.lost();
    });
  }

  async abandon(): Promise<void> {
    await this.settling("leaving", async (until) => {
      await this.end(until);
      const { session, path } = this;
      for (const name of this.lives)
        await settle(session, until, () => abandon(session, path, name));
    });
  }

  private historyOf(entry: HistoryEntry | undefined): HistoryRecord | null {
    if (!entry) return null;
    const { target, subject, urn, run, ci, action, runKey, from } = this.data;
    const { roll, canary } = this.data;
    return historyRecord(
      this.session,
      {
        target,
        subject,
        urn,
        run,
        ci,
        action,
        runKey,
        roll,
        canary,
        holder: this.id,
        fencingToken: this.fencingToken,
        waited: this.waited,
        held: this.held(),
        ...entry,
      },
      from,
    );
  }
}

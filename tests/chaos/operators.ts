import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  acquire,
  clear,
  hold,
  LockError,
  LockLost,
  unhold,
  type Held,
  type HistoryRecord,
} from "../../core/lock";
import type { Session } from "../../core/zookeeper/session";
import { Dice } from "./dice";
import { Journal, now } from "./journal";
import { CLOSED, LOCKS, requestOf, ROOT } from "./locks";

/** Those that may be used without credentials, and without Chef. */
const OPEN = LOCKS.filter(({ name, chef }) => name !== CLOSED && !chef);

/** What was confirmed to somebody, by what its record must say. */
export const noteOf = ({
  kind,
  holder,
  reason,
}: Pick<HistoryRecord, "kind" | "holder" | "reason">): string =>
  [kind, holder ?? "", reason ?? ""].join(" ");

/** Owners that take their locks again and again, and operators that clear and hold them meanwhile. */
export class Race {
  /** Acts that were confirmed, each once. */
  readonly notes: string[] = [];
  /** Clears that were begun, against a release most of them. */
  clears = 0;
  cleared = 0;
  held = 0;
  got = 0;
  private over = false;
  private acts = 0;

  constructor(
    private readonly journal: Journal,
    private readonly dice: Dice,
  ) {}

  /** Until both were done so often; then all finish what they have begun. */
  async run(
    owners: Session[],
    operators: { clearing: Session[]; holding: Session[] },
    { clears, holds }: { clears: number; holds: number },
  ): Promise<void> {
    const { clearing, holding } = operators;
    const work = owners.map((session, i) => this.own(session, i));
    const done = () => this.clears >= clears && this.held >= holds;
    await Promise.all([
      ...clearing.map((each) => this.until(done, () => this.clear(each))),
      ...holding.map((each) => this.until(done, () => this.hold(each))),
    ]);
    this.over = true;
    for (const { name } of OPEN) await this.unhold(holding[0]!, name);
    await Promise.all(work);
  }

  private async until(done: () => boolean, act: () => Promise<void>) {
    while (!done()) {
      await act();
      await pause(this.dice.between(0, 3));
    }
  }

  private note(kind: HistoryRecord["kind"], reason?: string, holder?: string) {
    this.notes.push(noteOf({ kind, holder, reason }));
  }

  private act(): { by: string; why: string } {
    return { by: "operator", why: `act ${++this.acts}` };
  }

  private async clear(session: Session): Promise<void> {
    const { name } = this.dice.of(OPEN);
    const path = `${ROOT}/${name}`;
    const { children = [] } = await session.getChildren(`${path}/holders/0`);
    if (children.length === 0) return;
    const id = this.dice.of(children);
    const act = this.act();
    const forceLive = this.dice.chance(0.7);
    this.clears += 1;
    this.journal.write({ kind: "clearing", holder: id });
    try {
      if ((await clear(session, path, id, { ...act, forceLive })) === "gone")
        return;
    } catch (error) {
      if (error instanceof LockError) return; // live, and not by force
      throw error;
    }
    this.cleared += 1;
    this.note("cleared", act.why, id);
  }

  private async hold(session: Session): Promise<void> {
    const { name } = this.dice.of(OPEN);
    const act = this.act();
    try {
      await hold(session, `${ROOT}/${name}`, act);
    } catch (error) {
      if (error instanceof LockError) return; // nobody has made it yet
      throw error;
    }
    this.held += 1;
    this.note("hold", act.why);
    await this.unhold(session, name);
  }

  private async unhold(session: Session, name: string): Promise<void> {
    const act = this.act();
    if (await unhold(session, `${ROOT}/${name}`, act))
      this.note("unhold", act.why);
  }

  /** The turns of one owner. It goes when it has left everything clean. */
  private async own(session: Session, worker: number): Promise<void> {
    const { journal } = this;
    const lock = OPEN[worker % OPEN.length]!;
    for (let clean = false; !this.over || !clean;) {
      const last = this.over;
      const attempt = randomUUID();
      const request = requestOf(lock, worker, {});
      const owner = request.owner.target;
      journal.write({ kind: "ask", attempt, lock: lock.name, owner });
      const held = await acquire(session, request);
      this.got += 1;
      const { id: holder, fencingToken: token } = held;
      const { group } = request;
      journal.write({
        ...{ kind: "hold", attempt, lock: held.lock, owner },
        ...{ group, holder, token, of: 0 },
      });
      try {
        clean = (await this.use(held)) && last;
      } catch (error) {
        if (!(error instanceof LockLost)) throw error;
        clean = false;
        journal.write({ kind: "lost", holder });
      }
    }
  }

  private async use(held: Held): Promise<boolean> {
    const { journal, dice } = this;
    const { id: holder } = held;
    await held.reassert();
    const since = now();
    journal.write({ kind: "act", holder });
    await pause(dice.between(0, 8));
    const [end, ended] = [now(), Date.now()];
    await held.reassert();
    journal.write({ kind: "acted", holder, since, ended }, end);
    const fate = this.over ? 1 : dice.next();
    if (fate < 0.1) {
      const reason = "raced";
      const failure = { step: "act", reason, at: new Date().toISOString() };
      await held.fail(failure, { kind: "failed", reason });
      this.note("failed", reason, holder);
      return false;
    }
    if (fate < 0.15) {
      await held.abandon();
      return false;
    }
    journal.write({ kind: "releasing", holder });
    await held.release({ kind: "acted" });
    this.note("acted", undefined, holder);
    return true;
  }
}

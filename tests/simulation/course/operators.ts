import { setTimeout as pause } from "node:timers/promises";
import { clear, hold, LockError, setLimits, unhold } from "../../../core/lock";
import { parseServers } from "../../../core/zookeeper/servers";
import { Session } from "../../../core/zookeeper/session";
import type { Dice } from "../../chaos/dice";
import type { Party } from "../time/world";
import { LOCK, type Course } from "./worker";

/** People act on the lock: hold and unhold, clear, change its limits, take nodes away by hand. */
export class Operator {
  private session!: Session;
  private readonly act = { by: "operator", why: "simulation" };

  constructor(
    private readonly course: Course,
    readonly party: Party,
    private readonly dice: Dice,
  ) {}

  private async open(): Promise<void> {
    const { plan, connect } = this.course;
    this.session = new Session({
      servers: parseServers(connect),
      sessionTimeout: plan.sessionTimeout,
      auth: plan.credentials
        ? [{ scheme: "digest", credentials: "user:secret" }]
        : [],
    });
    await this.session.ready({ within: 1e6 });
  }

  async run(): Promise<void> {
    await this.open();
    const { plan } = this.course;
    for (let at = 0; at < plan.operators; at++) {
      await pause((this.dice.next() * plan.length * 1.5) / plan.operators);
      await this.tried(() => this.something());
    }
  }

  private async tried(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (error instanceof LockError) return; // not there, live, in use
      const { judge } = this.course;
      judge.report("error", `operator: ${(error as Error).message}`);
    }
  }

  private async something(): Promise<void> {
    const { session, act, dice } = this;
    const { judge, note, plan } = this.course;
    const die = dice.next();
    if (plan.byHand && die < 0.4) return this.byHand();
    if (die < 0.3) {
      note("operator", "hold");
      await hold(session, LOCK, act);
      await pause(dice.next() * 10);
      note("operator", "unhold");
      await unhold(session, LOCK, act);
    } else if (die < 0.8) {
      const ids = [...judge.state.holders.keys()];
      if (ids.length === 0) return;
      const id = dice.of(ids);
      await this.clear(id, dice.chance(0.6));
    } else {
      judge.deeds.otherLimits = true;
      const maxHolders = Math.ceil(dice.between(0, 3));
      note("operator", `max holders ${maxHolders}`);
      await setLimits(session, LOCK, { maxHolders }, act);
    }
  }

  private async clear(id: string, forceLive: boolean): Promise<void> {
    const { judge, note } = this.course;
    note("operator", `clear ${id}${forceLive ? " by force" : ""}`);
    judge.deeds.clearing.add(id);
    await clear(this.session, LOCK, id, { ...this.act, forceLive });
  }

  /** Whoever holds, at work or not. */
  async clearAll(): Promise<void> {
    if (!this.session) await this.open();
    for (const id of this.course.judge.state.holders.keys())
      await this.tried(() => this.clear(id, true));
  }

  private async byHand(): Promise<void> {
    const { session, dice } = this;
    const { note, judge } = this.course;
    judge.deeds.byHand = true;
    switch (Math.floor(dice.between(0, 4))) {
      case 0:
        note("operator", "deletes L");
        return this.remove(LOCK);
      case 1:
        note("operator", "makes foreign waiters");
        await session.create(`${LOCK}/waiters/by-hand`);
        return;
      case 2:
        note("operator", "makes a foreign child of holders");
        await session.create(`${LOCK}/holders/by-hand`);
        return;
      default: {
        const { children = [] } = await session.getChildren(`${LOCK}/waiters`);
        if (children.length === 0) return;
        note("operator", "deletes a waiter");
        await session.remove(`${LOCK}/waiters/${dice.of(children)}`);
      }
    }
  }

  private async remove(path: string): Promise<void> {
    const { children = [] } = await this.session.getChildren(path);
    for (const child of children) await this.remove(`${path}/${child}`);
    await this.session.remove(path);
  }

  /** At the end: nobody is stopped, and what is left of those who are gone is cleared. */
  async tidyUp(): Promise<void> {
    if (!this.session) await this.open();
    const { judge, note } = this.course;
    if (judge.state.hold) {
      note("operator", "unhold");
      await this.tried(() => unhold(this.session, LOCK, this.act));
    }
    for (const { id, lives } of [...judge.state.holders.values()])
      if (lives.size === 0) await this.tried(() => this.clear(id, false));
  }
}

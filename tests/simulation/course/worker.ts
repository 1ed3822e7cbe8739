import { setTimeout as pause } from "node:timers/promises";
import {
  ChefLockGone,
  acquire,
  LimitsDisagree,
  LockBlocked,
  LockCancelled,
  LockDataChanged,
  LockInDoubt,
  LockLost,
  LockOnHold,
  LockRefused,
  LockTimeout,
  LockUnavailable,
  ownerKey,
  type Held,
  type LockRequest,
} from "../../../core/lock";
import { parseServers } from "../../../core/zookeeper/servers";
import { Session } from "../../../core/zookeeper/session";
import type { Judge } from "../check/judge";
import type { Waiting } from "../check/waiting";
import type { Party } from "../time/world";
import type { Plan, Step, Turn } from "./plan";

export const ROOT = "/locks";
export const NAME = "l";
export const LOCK = `${ROOT}/${NAME}`;
const AUTH = [{ scheme: "digest", credentials: "user:secret" }];

/** How an attempt may end without the lock. */
const ENDS = [
  LimitsDisagree,
  LockBlocked,
  LockCancelled,
  LockDataChanged,
  LockInDoubt,
  LockOnHold,
  LockRefused,
  LockTimeout,
  LockUnavailable,
];

export interface Course {
  plan: Plan;
  connect: string;
  judge: Judge;
  note(who: string, what: string): void;
  crash(worker: Worker): void;
}

/** A process with one session that takes the lock by its turns. */
export class Worker {
  session: Session | null = null;
  /** Attempts under way. */
  readonly waiting = new Set<Waiting>();
  /** What is held until the end. */
  private readonly kept: Held[] = [];
  private readonly cancels = new Set<() => void>();
  private ending = false;
  open = 0;

  constructor(
    private readonly course: Course,
    readonly party: Party,
    private readonly turns: Turn[],
  ) {}

  get name(): string {
    return this.party.name;
  }

  /** Holders that are its own until the end. */
  get holding(): string[] {
    return this.kept.map(({ id }) => id);
  }

  /** Gives up whatever it asks for. */
  cancel(): void {
    for (const cancel of this.cancels) cancel();
  }

  async run(): Promise<void> {
    const { plan, connect } = this.course;
    this.session = new Session({
      servers: parseServers(connect),
      sessionTimeout: plan.sessionTimeout,
      auth: plan.credentials ? AUTH : [],
    });
    await this.session.ready({ within: 1e6 });
    for (const turn of this.turns) {
      if (turn.after > 0) await pause(turn.after);
      const work = this.take(turn);
      if (!turn.beside) await work;
    }
  }

  private async take(turn: Turn): Promise<void> {
    this.open += 1;
    try {
      const held = await this.acquire(turn);
      if (held) await this.use(held, turn);
    } finally {
      this.open -= 1;
    }
  }

  private requestOf(turn: Turn): LockRequest {
    const { plan } = this.course;
    const { owner, over } = turn;
    return {
      root: ROOT,
      name: NAME,
      group: plan.groups[owner]!,
      owner: { target: `t${owner}`, subject: "app" },
      limits: plan.limits,
      facts: { run: "run", from: "user@ci", action: "restart app" },
      timeout: 1e6,
      maxWait: 1e6,
      retryInterval: 0,
      ownerGrace: 0.01,
      onFailedHolder: "wait",
      settleTimeout: 1000,
      ...(plan.chef && !turn.withoutChef && { chef: plan.chef }),
      ...over,
    };
  }

  /** Waits are told of only while they last: the rest is up to the caller. */
  private toldOfWait(waiting: Waiting): void {
    if (!this.waiting.has(waiting))
      this.course.judge.report("told of a wait that is over", waiting.owner);
  }

  private async acquire(turn: Turn): Promise<Held | null> {
    const { judge, note } = this.course;
    const request = this.requestOf(turn);
    if (turn.over.limits) judge.deeds.otherLimits = true;
    const controller = new AbortController();
    const owner = ownerKey(LOCK, request.owner);
    const waiting: Waiting = {
      owner,
      who: this.name,
      sleeps: request.retryInterval === 0,
    };
    const since = judge.now;
    note(this.name, `asks for ${request.owner.target}`);
    const cancel = () => {
      if (!this.waiting.has(waiting)) return;
      note(this.name, `cancels ${request.owner.target}`);
      controller.abort("cancelled");
    };
    if (turn.cancel !== null) setTimeout(cancel, turn.cancel);
    this.waiting.add(waiting);
    this.cancels.add(cancel);
    try {
      const held = await acquire(this.session!, {
        ...request,
        signal: controller.signal,
        // who is told of waits reads more than others, and later
        ...(turn.owner % 2 === 0 && {
          onWait: () => this.toldOfWait(waiting),
        }),
      });
      judge.deeds.told.add(held.id);
      note(this.name, `got ${held.id}`);
      if (!judge.stoodSince(held.id, since))
        judge.report("told of a lock that is not there", held.id);
      const zxid = judge.granted.get(held.id);
      if (String(zxid) !== held.fencingToken)
        judge.report(
          "wrong token",
          `${held.id}: ${held.fencingToken}, ${zxid}`,
        );
      return held;
    } catch (error) {
      note(this.name, `${request.owner.target}: ${nameOf(error)}`);
      if (!ENDS.some((kind) => error instanceof kind))
        judge.report("error", `acquire: ${describe(error)}`);
      return null;
    } finally {
      this.waiting.delete(waiting);
      this.cancels.delete(cancel);
    }
  }

  private async use(held: Held, turn: Turn): Promise<void> {
    try {
      for (const step of turn.steps) await this.step(held, step);
      await this.end(held, this.ending ? "release" : turn.ending);
    } catch (error) {
      this.lost(held, error);
    }
  }

  private lost(held: Held, error: unknown): void {
    const { judge, note, plan } = this.course;
    note(this.name, `${held.id}: ${nameOf(error)}`);
    const there = judge.state.holders.has(held.id);
    if (error instanceof LockLost) {
      if (there && !judge.deeds.byHand)
        judge.report("told of as lost, and there", held.id);
    } else if (error instanceof ChefLockGone) {
      if (!judge.deeds.chefByHand)
        judge.report("told that the Chef lock is gone", held.id);
      // as an action does: it gives the lock back
      void this.end(held, "release").catch((e: unknown) => this.lost(held, e));
    } else if (!(error instanceof LockInDoubt) || plan.faults === 0)
      judge.report("error", `holding: ${describe(error)}`);
  }

  private async step(held: Held, step: Step): Promise<void> {
    const { judge } = this.course;
    if (step.kind === "pause") return void (await pause(step.ms));
    const since = judge.now;
    if (step.kind === "reassert") await held.reassert();
    else {
      // it rises over all processes: an adopter's is higher than what it took over
      const number = ++judge.deeds.records;
      const runKey = String(number);
      const drained = number % 2 === 0 ? { drained: true } : {};
      const baseline = { identities: [runKey] };
      await held.record({ runKey, baseline, ...drained });
      const written = judge.state.holders.get(held.id)?.record?.runKey;
      if (written !== undefined && Number(written) < Number(runKey))
        judge.report("recorded, and not there", `${runKey} of ${held.id}`);
    }
    if (!judge.stoodSince(held.id, since))
      judge.report("acted without the lock", held.id);
    if (step.kind === "reassert" && !judge.hadChefSince(held.id, since))
      judge.report("acted without the Chef lock", held.id);
  }

  private async end(held: Held, ending: Turn["ending"]): Promise<void> {
    const { judge, note, crash } = this.course;
    const { deeds } = judge;
    const { id } = held;
    note(this.name, `${ending} ${id}`);
    switch (ending) {
      case "keep":
        this.kept.push(held);
        if (this.ending) await this.end(this.kept.pop()!, "release");
        return;
      case "crash":
        return crash(this);
      case "release":
        deeds.releasing.add(id);
        await held.release({ kind: "acted" });
        if (judge.state.holders.has(id))
          judge.report("released, and there", id);
        return;
      case "abandon":
        await held.abandon();
        deeds.over.add(id);
        return;
      case "fail": {
        const since = judge.now;
        const at = new Date().toISOString();
        await held.fail({ step: "act", reason: "broken", at });
        deeds.over.add(id);
        const { record } = judge.state.holders.get(id) ?? {};
        if (record && record.state !== "failed")
          judge.report("failed, and not marked", id);
        if (!judge.stoodSince(id, since))
          judge.report("acted without the lock", id);
      }
    }
  }

  /** Gives back what is held, and everything that it gets from now on. */
  finish(): void {
    this.ending = true;
    for (const held of this.kept.splice(0))
      void this.end(held, "release").catch((error: unknown) =>
        this.lost(held, error),
      );
  }
}

const nameOf = (error: unknown): string =>
  error instanceof Error ? error.name : String(error);

const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

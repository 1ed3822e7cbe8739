import { clearCommand, lockedAction, type LockPlace } from "../../text/command";
import { placeOf } from "../describe";
import type { Session } from "../../zookeeper/session";
import { ChefLockGone, LockInDoubt, LockLost } from "../errors";
import { readHistory } from "../tree/history";
import type { LockPaths } from "../tree/paths";
import type { LockState } from "../tree/records";
import { refusal } from "../tree/refusal";
import {
  settle,
  Unsettled,
  upToDate,
  within,
  type Until,
} from "../tree/settle";
import { poison, reassert, record, relive } from "../tree/transactions";
import type { HolderRecord, LockRequest } from "../types";

/** What a holder takes over from the attempt that was granted it. */
export interface Origin {
  session: Session;
  paths: LockPaths;
  request: Pick<LockRequest, "name" | "settleTimeout">;
  /** Of the session that the grant was sent in. */
  epoch: number;
  startedAt: number;
  /** L as named by a grant that was ever in doubt. */
  everInDoubt: LockState | null;
  /** Nothing of it is there any more. */
  leave(): void;
}

/** What it was granted. */
export interface Granted {
  slot: number;
  /** u */
  path: string;
  record: HolderRecord;
  adopted: HolderRecord | null;
  fencingToken: string;
  adoptedAge?: number;
}

/** The holder is to end, or is lost: no sign of life is sent any more. */
class Ended extends Error {}

/** A new holder was written twice: created, and stamped. */
const FIRST_VERSION = 1;

/** A holder that is known to be alive, over whatever happens to the session: RELIVE, RE-ASSERT and RECORD. */
export abstract class LivingHolder {
  readonly lock: string;
  readonly path: string;
  readonly id: string;
  protected readonly session: Session;
  protected readonly paths: LockPaths;
  private readonly name: string;
  private readonly settleTimeout: number;
  /** A late copy of our grant may be on its way: it is poisoned before the release. */
  private readonly poisonFirst: LockState | null;
  /** As last written with an answer. */
  protected data: HolderRecord;
  /** Of u's data, as last written or read: only this run writes u (RECORD-VERSION). */
  private version = FIRST_VERSION;
  /** The live node that was made last, and its session. */
  protected live: string;
  private epoch: number;
  /** Names of all live nodes that may have been made: of each session in which one was asked for. */
  protected readonly lives = new Set<string>();
  /** RELIVEs, one after another. */
  private reliving: Promise<unknown> = Promise.resolve();
  /** Aborted once the holder is to end: no RELIVE is sent from then on (LAST-RELIVE). */
  private readonly over = new AbortController();
  private readonly leave: () => void;

  constructor(origin: Origin, granted: Granted) {
    const { session, paths, request } = origin;
    this.session = session;
    this.paths = paths;
    this.name = request.name;
    this.settleTimeout = request.settleTimeout ?? 60;
    this.lock = paths.lock;
    this.path = granted.path;
    this.id = granted.path.split("/").at(-1)!;
    this.data = granted.record;
    this.poisonFirst = origin.everInDoubt;
    this.live = session.liveName;
    this.lives.add(this.live);
    this.epoch = origin.epoch;
    this.leave = () => origin.leave();
    session.on("connected", this.revive);
    this.revive(); // granted by a session that is over
  }

  /** A new session has no live node: others would take us for dead. Failures show at the next re-assert. */
  private readonly revive = (): void => {
    if (this.session.epoch === this.epoch || this.isOver()) return;
    this.relive(this.until()).catch(() => {});
  };

  private isOver(): boolean {
    return this.over.signal.aborted;
  }

  private until(): Until {
    return within(this.session, this.settleTimeout);
  }

  /** RELIVE, after those before it. `anew`: the live node of this very session is gone. */
  private relive(until: Until, anew = false): Promise<void> {
    const next = this.reliving.then(() => this.reliveNow(until, anew));
    this.reliving = next.catch(() => {}); // told to the one that asked for it
    return next;
  }

  /** Older live nodes are left alone: they go with their sessions. */
  private async reliveNow(until: Until, anew: boolean): Promise<void> {
    const { session, path } = this;
    if (!anew && this.epoch === session.epoch) return;
    let name = "";
    let epoch = 0;
    const { signal } = this.over;
    const { reply } = await settle(session, { ...until, signal }, () => {
      if (this.isOver()) throw new Ended();
      ({ liveName: name, epoch } = session);
      this.lives.add(name);
      return relive(session, path, name);
    }).catch((error: unknown) => {
      // the end of the holder cut the question short: that is no doubt
      throw this.isOver() ? new Ended() : error;
    });
    if (reply.code === "NO_NODE") throw await this.lost();
    if (reply.code !== "OK" && reply.code !== "NODE_EXISTS")
      throw refusal(reply, `marking ${path} as live`, session);
    this.live = name;
    this.epoch = epoch;
  }

  /** The same for a holder that is to be ours still. @throws LockLost */
  private async reliveOurs(until: Until, anew = false): Promise<void> {
    try {
      await this.relive(until, anew);
    } catch (error) {
      throw error instanceof Ended ? await this.lost() : error;
    }
  }

  /** RE-ASSERT: the quorum says that the holder is ours and that this very session is known to be alive. */
  async reassert(): Promise<void> {
    const { session, path } = this;
    await this.settling("re-asserting", async (until) => {
      for (;;) {
        await this.reliveOurs(until);
        const { reply } = await settle(session, until, () =>
          session.multi(reassert(path, this.live, this.mirror)),
        );
        if (reply.code === "OK" && this.epoch === session.epoch) return;
        if (reply.failed === "mirror") throw this.chefGone();
        if (reply.failed === "holder") throw await this.lost();
        if (reply.code !== "OK" && reply.failed !== "live")
          throw refusal(reply, `re-asserting ${path}`, session);
        if (reply.failed === "live") await this.reliveOurs(until, true);
      }
    });
  }

  /**
   * RECORD: each write names the version of u that the one before it made, so
   * that no late one undoes a later one, or FAIL. One that says that something
   * begins asks for the Chef lock as well.
   */
  async record(
    change: Partial<
      Pick<HolderRecord, "baseline" | "drained" | "acting" | "runKey">
    >,
  ): Promise<void> {
    const { session, path } = this;
    const data = { ...this.data, ...change };
    const begins = change.acting || change.drained;
    const mirror = begins ? this.mirror : null;
    await this.settling("recording in", async (until) => {
      for (;;) {
        await this.reliveOurs(until);
        const { reply } = await settle(session, until, () =>
          session.multi(record(path, this.live, data, this.version, mirror)),
        );
        if (reply.code === "OK") {
          this.version = reply.stats!.get("holder")!.version;
          if (this.epoch === session.epoch) break;
          continue; // known as alive to the old session only
        }
        if (reply.failed === "mirror") throw this.chefGone();
        if (reply.failed === "holder" && reply.code === "BAD_VERSION") {
          await this.readVersion(until); // an earlier copy got through
          continue;
        }
        if (reply.code !== "NO_NODE")
          throw refusal(reply, `recording in ${path}`, session);
        await this.reliveOurs(until, true);
      }
    });
    this.data = data;
  }

  private async readVersion(until: Until): Promise<void> {
    const { session, path } = this;
    const reply = await upToDate(session, path, until, () =>
      session.getData(path),
    );
    if (reply.code === "NO_NODE") throw await this.lost();
    if (reply.code !== "OK") throw refusal(reply, `reading ${path}`, session);
    this.version = reply.stat!.version;
  }

  /** Nothing of ours may come to life any more, before the last operation. */
  protected async end(until: Until): Promise<void> {
    this.close();
    await this.reliving;
    const { poisonFirst, session, lock } = this;
    if (poisonFirst)
      await settle(session, until, () => poison(session, lock, poisonFirst));
  }

  private close(): void {
    this.over.abort();
    this.session.off("connected", this.revive);
  }

  protected async settling<T>(
    what: string,
    act: (until: Until) => Promise<T>,
  ): Promise<T> {
    try {
      return await act(this.until());
    } catch (error) {
      if (!(error instanceof Unsettled)) throw error;
      throw new LockInDoubt(
        `lock ${this.name}: ${what} ${this.path}: no answer from ZooKeeper in ${this.settleTimeout} s: ${error.message}`,
        [
          "the holder may be there still",
          `see it: ${lockedAction(this.place, "show", this.name)}`,
          `if nobody works under it, clear it: ${clearCommand(this.place, this.name, this.id)}`,
        ],
        this.path,
      );
    } finally {
      if (this.isOver()) this.leave();
    }
  }

  /** The Chef lock that is ours as long as we hold. */
  private get mirror(): string | null {
    return this.data.mirror ?? null;
  }

  private chefGone(): ChefLockGone {
    return new ChefLockGone(
      `lock ${this.name}: the Chef lock ${this.mirror} that goes with it was deleted, or is another's`,
      [
        "a Chef node may be at work: nothing is begun beside it",
        `who has it: ${lockedAction(this.place, "show", this.name)}`,
        "the next run takes the Chef lock again, or waits for it",
      ],
    );
  }

  private get place(): LockPlace {
    return placeOf(this.session, this.paths.lock);
  }

  /** Who took it away and why, from history. */
  protected async lost(): Promise<LockLost> {
    this.close();
    const records = await readHistory(this.session, this.paths, 20).catch(
      () => [],
    );
    const act = records.findLast(
      ({ kind, holder }) => kind === "cleared" && holder === this.id,
    );
    const how = act
      ? `cleared by ${act.by} at ${act.at}: ${act.reason ?? "no reason given"}`
      : "cleared, or adopted by a later run of its owner";
    return new LockLost(`lock ${this.name}: no longer ours: ${how}`, [
      `what happened: ${lockedAction(this.place, "history", this.name)}`,
    ]);
  }
}

import { check, set } from "../zookeeper/operations";
import type { Session } from "../zookeeper/session";
import type { Attempt, KnownLock } from "./attempt";
import { LockInDoubt, LockLost } from "./errors";
import type { Grant } from "./grant";
import { readHistory } from "./history";
import type { LockPaths } from "./paths";
import { encodeHolder } from "./records";
import { refusal } from "./refusal";
import { poison } from "./resolve";
import { settle, Unsettled, within, type Until } from "./settle";
import type { HolderRecord } from "./types";

/** A holder that is known to be alive, over whatever happens to the session: RELIVE and RE-ASSERT. */
export abstract class LivingHolder {
  readonly lock: string;
  readonly path: string;
  readonly id: string;
  protected readonly session: Session;
  protected readonly paths: LockPaths;
  private readonly name: string;
  private readonly settleTimeout: number;
  /** A late copy of our grant may be on its way: it is poisoned before the release. */
  private readonly poisonFirst: KnownLock | null;
  protected data: HolderRecord;
  /** The live node that we last made, and its session. */
  protected live: string;
  private epoch: number;
  private over = false;
  private readonly leave: () => void;
  protected reviving: Promise<void> = Promise.resolve();

  constructor(attempt: Attempt, grant: Grant) {
    this.session = attempt.session;
    this.paths = attempt.paths;
    this.name = attempt.request.name;
    this.settleTimeout = attempt.request.settleTimeout ?? 60;
    this.lock = attempt.paths.lock;
    this.path = grant.path;
    this.id = grant.path.split("/").at(-1)!;
    this.data = grant.record;
    this.poisonFirst = attempt.everInDoubt;
    this.live = attempt.session.liveName;
    this.epoch = attempt.epoch;
    this.leave = attempt.leave;
    this.session.on("connected", this.revive);
    this.revive(); // granted by a session that is over
  }

  /** A new session has no live node: others would take us for dead. Failures show at the next re-assert. */
  protected readonly revive = () => {
    if (this.session.epoch === this.epoch || this.over) return;
    this.reviving = this.relive(within(this.settleTimeout)).catch(() => {});
  };

  /** RELIVE. Older live nodes are left alone: they go with their sessions. */
  private async relive(until: Until): Promise<void> {
    let name = "";
    let epoch = 0;
    const { reply } = await settle(this.session, until, () => {
      ({ liveName: name, epoch } = this.session);
      return this.session.create(
        `${this.path}/${name}`,
        undefined,
        "ephemeral",
      );
    });
    if (reply.code === "NO_NODE") throw await this.lost();
    if (reply.code !== "OK" && reply.code !== "NODE_EXISTS")
      throw refusal(reply, `marking ${this.path} as live`, this.session);
    this.live = name;
    this.epoch = epoch;
  }

  /** RE-ASSERT: the quorum says that the holder is ours and that this very session is known to be alive. */
  async reassert(): Promise<void> {
    await this.settling("re-asserting", async (until) => {
      for (;;) {
        if (this.epoch !== this.session.epoch) await this.relive(until);
        const { reply } = await settle(this.session, until, () =>
          this.session.multi([
            check("holder", this.path),
            check("live", `${this.path}/${this.live}`),
          ]),
        );
        if (reply.code === "OK" && this.epoch === this.session.epoch) return;
        if (reply.failed === "holder") throw await this.lost();
        if (reply.code !== "OK" && reply.failed !== "live")
          throw refusal(reply, `re-asserting ${this.path}`, this.session);
        if (reply.failed === "live") await this.relive(until);
      }
    });
  }

  async record(
    change: Partial<
      Pick<HolderRecord, "baseline" | "drained" | "acting" | "runKey">
    >,
  ): Promise<void> {
    const data = { ...this.data, ...change };
    await this.settling("recording in", async (until) => {
      for (;;) {
        if (this.epoch !== this.session.epoch) await this.relive(until);
        // only who is alive may write: an adopter must not be written over
        const { reply } = await settle(this.session, until, () =>
          this.session.multi([
            check("live", `${this.path}/${this.live}`),
            set("holder", this.path, encodeHolder(data)),
          ]),
        );
        if (reply.code === "OK" && this.epoch === this.session.epoch) break;
        if (reply.code === "OK") continue; // known as alive to the old session only
        if (reply.code !== "NO_NODE")
          throw refusal(reply, `recording in ${this.path}`, this.session);
        await this.relive(until);
      }
    });
    this.data = data;
  }

  /** Nothing of ours may come to life any more, before the last operation. */
  protected async end(until: Until): Promise<void> {
    this.close();
    await this.reviving;
    if (this.poisonFirst)
      await poison(this.session, this.lock, this.poisonFirst, until);
  }

  protected close(): void {
    this.over = true;
    this.session.off("connected", this.revive);
  }

  protected async settling<T>(
    what: string,
    act: (until: Until) => Promise<T>,
  ): Promise<T> {
    try {
      return await act(within(this.settleTimeout));
    } catch (error) {
      if (!(error instanceof Unsettled)) throw error;
      throw new LockInDoubt(
        `lock ${this.name}: ${what} ${this.path}: no answer from ZooKeeper in ${this.settleTimeout} s: ${error.message}`,
        [
          "the holder may be there still",
          `see it: locked-action show ${this.name}`,
          `if nobody works under it, clear it: locked-action clear ${this.name} --holder ${this.id}`,
        ],
        this.path,
      );
    } finally {
      if (this.over) this.leave();
    }
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
      `what happened: locked-action history ${this.name}`,
    ]);
  }
}

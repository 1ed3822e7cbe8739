import { isLoss, type Reply } from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import { LockRefused } from "../errors";
import { Patience } from "./patience";
import { refusal } from "../tree/refusal";
import type { LockRequest } from "../types";

/** The session is another one: what was read or created in the old one proves nothing any more. */
export class NewSession extends Error {}

/** Asks ZooKeeper over one session until it gets an answer, its patience ends, or the session does. */
export abstract class Asking {
  readonly patience: Patience;
  /** Of the session in which everything known was learnt. */
  epoch: number;

  constructor(
    readonly session: Session,
    readonly request: LockRequest,
  ) {
    this.patience = new Patience(session.system, request);
    this.epoch = session.epoch;
  }

  /** Waits for a connection of this very session. @throws NewSession */
  async connected(): Promise<void> {
    this.patience.checkCancelled();
    if (this.session.state !== "connected")
      await this.session
        .ready({
          signal: this.patience.signal,
          within: this.patience.left(),
        })
        .catch(() => {
          this.patience.check();
          this.checkOpen();
        });
    this.sameSession();
  }

  /** Whether the session is still the one of this attempt's nodes and watches, and may be used. */
  isCurrent(): boolean {
    const { epoch, state } = this.session;
    return epoch === this.epoch && state !== "refused" && state !== "closed";
  }

  sameSession(): void {
    if (this.session.epoch !== this.epoch) throw new NewSession();
  }

  /** @throws LockRefused if there will never be a connection again */
  checkOpen(): void {
    const { state, reason, servers } = this.session;
    const { name } = this.request;
    if (state === "refused") throw new LockRefused(`lock ${name}: ${reason}`);
    if (state === "closed")
      throw new LockRefused(
        `lock ${name}: the session with ZooKeeper at ${servers} was closed`,
      );
  }

  /** Re-issues the identical operation until the answer is definite. */
  async definite<R extends Reply>(ask: () => Promise<R>): Promise<R> {
    for (;;) {
      await this.connected();
      const reply = await ask();
      this.sameSession();
      if (!isLoss(reply)) return reply;
    }
  }

  /** @throws LockRefused for any answer but those */
  expect(reply: Reply, what: string, ...codes: Reply["code"][]): void {
    if (codes.includes(reply.code)) return;
    throw refusal(reply, what, this.session);
  }
}

import { isLoss, type Reply } from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import { quorumCheck } from "./transactions";

/** ZooKeeper did not say within the time given what became of an operation. */
export class Unsettled extends Error {
  constructor(
    reason: string,
    /** Whether the operation may have been carried out. */
    readonly doubted: boolean,
  ) {
    super(reason);
  }
}

/** How long to ask. */
export interface Until {
  /** `System.now()` of the session. */
  time: number;
  signal?: AbortSignal;
}

export const within = (
  { system }: Pick<Session, "system">,
  seconds: number,
  signal?: AbortSignal,
): Until => ({
  time: system.now() + seconds * 1000,
  signal,
});

/**
 * Asks again, over reconnects and new sessions, until the answer is definite.
 * `ask` is called anew each time, for it may have to name the new session.
 */
export async function settle<R extends Reply>(
  session: Session,
  until: Until,
  ask: () => Promise<R>,
): Promise<{ reply: R; doubted: boolean }> {
  let doubted = false;
  for (;;) {
    const left = until.time - session.system.now();
    if (left <= 0) throw new Unsettled(session.reason, doubted);
    try {
      await session.ready({ within: left, signal: until.signal });
    } catch (error) {
      throw new Unsettled((error as Error).message, doubted);
    }
    const reply = await ask();
    if (!isLoss(reply)) return { reply, doubted };
    if (!reply.unsent) doubted = true;
  }
}

/**
 * A read that is no older than its call. The answer to a transaction, here one
 * that only checks, brings its session's view up to date; another session may
 * read an old view again.
 */
export async function upToDate<R extends Reply>(
  session: Session,
  path: string,
  until: Until,
  read: () => Promise<R>,
): Promise<R> {
  for (;;) {
    await settle(session, until, () => quorumCheck(session, "barrier", path));
    const { epoch } = session;
    const { reply } = await settle(session, until, read);
    if (session.epoch === epoch) return reply;
  }
}

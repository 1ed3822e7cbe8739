import type { Session } from "../../zookeeper/session";
import { LockInDoubt } from "../errors";
import { Unsettled, within, type Until } from "../tree/settle";

/** Seconds in which an operator's act must be confirmed. */
const ACT = 30;

/** By whom a lock is acted on from outside, and why: it stands in history. */
export interface Act {
  /** `user@machine` */
  by: string;
  why: string;
}

/** @throws LockInDoubt if ZooKeeper did not confirm it in time */
export async function inTime<T>(
  session: Session,
  lock: string,
  act: (until: Until) => Promise<T>,
  seconds = ACT,
): Promise<T> {
  try {
    return await act(within(session, seconds));
  } catch (error) {
    if (!(error instanceof Unsettled)) throw error;
    throw new LockInDoubt(
      `${lock}: no answer from ZooKeeper in ${seconds} s: ${error.message}`,
      ["it may or may not have been done: look again, then repeat it"],
      lock,
    );
  }
}

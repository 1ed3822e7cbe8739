/** What blocks a lock and is no holder of it: a waiter that is nobody's, a Chef node's lock. */
import type { Operation } from "../../zookeeper/operations";
import { oneLine } from "../../text/lines";
import type { MultiReply } from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import { LockError } from "../errors";
import { isOpenToOthers, openLock } from "../tree/closed";
import { createHistory, historyRecord, recordInHistory } from "../tree/history";
import { pathsOf, type LockPaths } from "../tree/paths";
import { refusal } from "../tree/refusal";
import { settle, upToDate, type Until } from "../tree/settle";
import {
  clearChef as clearChefOperations,
  clearWaiter as clearWaiterOperations,
} from "../tree/transactions";
import type { ChefHolder, HistoryRecord } from "../types";
import { inTime, type Act } from "./act";

/** Times that a missing history is made. */
const TRIES = 3;

/**
 * Takes one child of W away, audited: a waiter of anybody, or what is none.
 * @returns false if it is not there
 * @throws LockRefused, LockInDoubt
 */
export async function clearWaiter(
  session: Session,
  lock: string,
  waiter: string,
  { by, why }: Act,
): Promise<boolean> {
  const paths = pathsOf(lock);
  const path = `${paths.waiters}/${waiter}`;
  const record = historyRecord(
    session,
    { kind: "cleared", holder: waiter, reason: why },
    by,
  );
  return inTime(session, lock, (until) =>
    audited(session, paths, record, until, path, (history) =>
      clearWaiterOperations(path, history),
    ),
  );
}

/**
 * Frees a Chef node's lock: exactly the one that was shown, audited. Nobody may
 * work under it any more: that Chef run is not asked.
 * @returns false if it is not there
 * @throws LockError if it is another one by now, LockRefused, LockInDoubt
 */
export async function clearChef(
  session: Session,
  lock: string,
  { path, data, version, czxid }: ChefHolder,
  { by, why }: Act,
): Promise<boolean> {
  const paths = pathsOf(lock);
  const record = historyRecord(
    session,
    { kind: "cleared", holder: path, target: data, reason: why },
    by,
  );
  return inTime(session, lock, async (until) => {
    if (await isOpenToOthers(session, paths, until)) throw openLock(lock);
    const now = await upToDate(session, "/", until, () =>
      session.getData(path),
    );
    if (now.code === "NO_NODE") return false;
    if (now.code !== "OK") throw refusal(now, `reading ${path}`, session);
    const { stat } = now;
    if (stat!.czxid.toString() !== czxid || stat!.version !== version)
      throw new LockError(
        `Chef lock ${path}: another holds it by now: ${oneLine(now.data!.toString("latin1"), 120)}`,
        ["look again, then decide"],
      );
    return audited(session, paths, record, until, path, (history) =>
      clearChefOperations(path, version, history),
    );
  });
}

async function audited(
  session: Session,
  paths: LockPaths,
  record: HistoryRecord,
  until: Until,
  what: string,
  operations: (history: Operation[]) => Operation[],
): Promise<boolean> {
  let doubted = false;
  let reply: MultiReply = { code: "NO_NODE" };
  for (let tries = 0; tries < TRIES; tries++) {
    const asked = operations(recordInHistory(paths, record));
    const answer = await settle(session, until, () => session.multi(asked));
    doubted ||= answer.doubted;
    reply = answer.reply;
    if (reply.code === "OK") return true;
    if (reply.code !== "NO_NODE") break;
    if (reply.failed !== "history") return doubted;
    await createHistory(session, paths);
  }
  throw refusal(reply, `clearing ${what}`, session);
}

import type { Session } from "../../zookeeper/session";
import { boundHistory, createHistory, recordInHistory } from "../tree/history";
import { readLockNode } from "../tree/lock-node";
import type { LockPaths } from "../tree/paths";
import { encodeHolder } from "../tree/records";
import { refusal } from "../tree/refusal";
import { settle, upToDate, type Until } from "../tree/settle";
import { fail } from "../tree/transactions";
import type { HistoryRecord, HolderRecord } from "../types";

export interface HolderToFail {
  paths: LockPaths;
  /** u */
  path: string;
  /** Names of its live nodes, as far as known. */
  lives: readonly string[];
  /** Its record, with state failed. */
  data: HolderRecord;
}

/**
 * FAIL: the holder stays, marked. Writing L again, under its version, makes
 * every grant in flight fail, so that `maxFailures` is exact; and without the
 * version it would undo a hold.
 * @returns false if the holder is gone
 * @throws Unsettled, LockRefused
 */
export async function failHolder(
  session: Session,
  { paths, path, lives: known, data }: HolderToFail,
  until: Until,
  record: HistoryRecord | null,
): Promise<boolean> {
  let lives = known;
  let doubted = false;
  let vanished = false;
  for (;;) {
    if (doubted && (await isMarked(session, path, data, until))) return true;
    if (vanished) lives = await livesOf(session, path, until);
    const lock = await readLockNode(session, paths.lock, until);
    if (!lock) return false;
    const named = { path: paths.lock, data: lock.data, version: lock.version };
    const history = recordInHistory(paths, record);
    const answer = await settle(session, until, () =>
      session.multi(fail(path, lives, data, named, history)),
    );
    doubted ||= answer.doubted;
    const { reply } = answer;
    if (reply.code === "OK") {
      await boundHistory(session, paths, reply.paths?.get("history"));
      return true;
    }
    if (reply.failed === "holder" && reply.code === "NO_NODE") return false;
    if (reply.failed === "history" && reply.code === "NO_NODE")
      await createHistory(session, paths);
    else if (reply.failed === "live" && reply.code === "NO_NODE")
      vanished = true;
    else if (reply.code !== "BAD_VERSION")
      throw refusal(reply, `marking ${path} as failed`, session);
  }
}

/** Its live nodes: none of them may stay, or it would seem to be at work. */
async function livesOf(
  session: Session,
  path: string,
  until: Until,
): Promise<readonly string[]> {
  const { children = [] } = await upToDate(session, path, until, () =>
    session.getChildren(path),
  );
  return children;
}

/** Whether an earlier copy of the transaction got through: L has another version then, and the same again would stand in history twice. */
async function isMarked(
  session: Session,
  path: string,
  marked: HolderRecord,
  until: Until,
): Promise<boolean> {
  const { data } = await upToDate(session, path, until, () =>
    session.getData(path),
  );
  return data?.equals(encodeHolder(marked)) ?? false;
}

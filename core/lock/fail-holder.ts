import { remove, set } from "../zookeeper/operations";
import type { Session } from "../zookeeper/session";
import { refusal } from "./refusal";
import { createHistory, recordInHistory, trimHistory } from "./history";
import type { LockPaths } from "./paths";
import { encodeHolder } from "./records";
import { readLockNode } from "./lock-node";
import { settle, upToDate, type Until } from "./settle";
import type { HistoryRecord, HolderRecord } from "./types";

export interface HolderToFail {
  paths: LockPaths;
  /** u */
  path: string;
  /** Name of its live node. */
  live: string;
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
  { paths, path, live, data }: HolderToFail,
  until: Until,
  record: HistoryRecord | null,
): Promise<boolean> {
  let lives = [live];
  let doubted = false;
  const marked = encodeHolder(data);
  for (;;) {
    if (doubted && (await isMarked(session, path, marked, until))) return true;
    const lock = await readLockNode(session, paths.lock, until);
    if (!lock) return false;
    const answer = await settle(session, until, () =>
      session.multi([
        set("holder", path, marked),
        ...lives.map((name) => remove("live", `${path}/${name}`)),
        set("lock", paths.lock, lock.data, lock.version),
        ...recordInHistory(paths, record),
      ]),
    );
    doubted ||= answer.doubted;
    const { reply } = answer;
    if (reply.code === "OK") {
      await trimHistory(session, paths, reply.paths?.get("history"));
      return true;
    }
    if (reply.failed === "holder" && reply.code === "NO_NODE") return false;
    if (reply.failed === "history" && reply.code === "NO_NODE")
      await createHistory(session, paths);
    else if (reply.failed === "live" && reply.code === "NO_NODE") lives = [];
    else if (reply.code !== "BAD_VERSION")
      throw refusal(reply, `marking ${path} as failed`, session);
  }
}

/** Whether an earlier copy of the transaction got through: L has another version then, and the same again would stand in history twice. */
async function isMarked(
  session: Session,
  path: string,
  marked: Buffer,
  until: Until,
): Promise<boolean> {
  const { data } = await upToDate(session, path, until, () =>
    session.getData(path),
  );
  return data?.equals(marked) ?? false;
}

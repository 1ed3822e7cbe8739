import { remove, set } from "../zookeeper/operations";
import type { Session } from "../zookeeper/session";
import { refusal } from "./attempt";
import { createHistory, recordInHistory, trimHistory } from "./history";
import type { LockPaths } from "./paths";
import { decodeLock, encodeHolder } from "./records";
import { settle, type Until } from "./settle";
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
  for (;;) {
    const known = await settle(session, until, () =>
      session.getData(paths.lock),
    );
    if (known.reply.code === "NO_NODE") return false;
    if (known.reply.code !== "OK" || !decodeLock(known.reply.data!))
      throw refusal(known.reply, `reading ${paths.lock}`, session);
    const { data: lock, stat } = known.reply;
    const { reply } = await settle(session, until, () =>
      session.multi([
        set("holder", path, encodeHolder(data)),
        ...lives.map((name) => remove("live", `${path}/${name}`)),
        set("lock", paths.lock, lock!, stat!.version),
        ...recordInHistory(paths, record),
      ]),
    );
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

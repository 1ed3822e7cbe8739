import type { Session } from "../../zookeeper/session";
import { createHistory, historyRecord } from "../tree/history";
import { prefixOf, rollKey, unfinishedRolls } from "../tree/history-names";
import { inQueueOrder, pathsOf } from "../tree/paths";
import { readSettled } from "../tree/read-settled";
import { decodeHistory, encodeHistory } from "../tree/records";
import { refusal } from "../tree/refusal";
import { settle } from "../tree/settle";
import { createHistory as addRecord } from "../tree/transactions";
import type { HistoryRecord } from "../types";
import { inTime } from "./act";

/** Records read beside each other. */
const AT_ONCE = 100;
/** Seconds to write that a roll has ended. */
const END_DEADLINE = 20;

/**
 * What a resource's unfinished roll has done so far, oldest first; empty if its last roll has
 * ended. A lock that is not there yet has no history. @throws LockUnavailable, LockRefused
 */
export async function readUnfinishedRoll(
  session: Session,
  lock: string,
  urn: string,
): Promise<HistoryRecord[]> {
  const { history } = pathsOf(lock);
  const reply = await readSettled(session, () => session.getChildren(history));
  if (reply.code === "NO_NODE") return [];
  if (reply.code !== "OK") throw refusal(reply, `listing ${history}`, session);
  const own = `d-${rollKey(urn)}-`;
  const names = unfinishedRolls(reply.children ?? [])
    .filter((name) => name.startsWith(own))
    .sort(inQueueOrder);
  const records: HistoryRecord[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = await Promise.all(
      names
        .slice(at, at + AT_ONCE)
        .map((name) =>
          readSettled(session, () => session.getData(`${history}/${name}`)),
        ),
    );
    for (const { data } of some) {
      const record = decodeHistory(data);
      if (record) records.push(record);
    }
  }
  return records;
}

/** The last end of a resource's roll; null: none was ever recorded. @throws LockUnavailable, LockRefused */
export async function readLastEnd(
  session: Session,
  lock: string,
  urn: string,
): Promise<HistoryRecord | null> {
  const { history } = pathsOf(lock);
  const { children = [] } = await readSettled(session, () =>
    session.getChildren(history),
  );
  const own = `e-${rollKey(urn)}-`;
  const last = children
    .filter((name) => name.startsWith(own))
    .sort(inQueueOrder)
    .at(-1);
  if (last === undefined) return null;
  const { data } = await readSettled(session, () =>
    session.getData(`${history}/${last}`),
  );
  return decodeHistory(data);
}

/** Says that a resource's roll has ended: what was done before counts for no later one. @throws LockInDoubt, LockRefused */
export async function endRoll(
  session: Session,
  lock: string,
  by: string,
  facts: { urn: string; runKey?: string; ci?: string; reason: string },
): Promise<void> {
  const paths = pathsOf(lock);
  const record = historyRecord(
    session,
    { kind: "roll", roll: true, ...facts },
    by,
  );
  const ask = () =>
    addRecord(session, paths, prefixOf(record), encodeHistory(record));
  await inTime(
    session,
    lock,
    async (until) => {
      // after a lost answer a second record may stand there: it says the same
      let { reply } = await settle(session, until, ask);
      if (reply.code === "NO_NODE") {
        await createHistory(session, paths);
        ({ reply } = await settle(session, until, ask));
        // a lock that nobody has taken yet has nothing to end
        if (reply.code === "NO_NODE") return;
      }
      if (reply.code !== "OK")
        throw refusal(reply, `recording in ${paths.history}`, session);
    },
    END_DEADLINE,
  );
}

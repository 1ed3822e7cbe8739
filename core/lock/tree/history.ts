import type { Operation } from "../../zookeeper/operations";
import type { Session } from "../../zookeeper/session";
import type { HistoryEntry, HistoryRecord } from "../types";
import { isHistoryName, prefixOf, unfinishedRolls } from "./history-names";
import { inQueueOrder, sequenceOf, type LockPaths } from "./paths";
import { readSettled } from "./read-settled";
import { decodeHistory, encodeHistory } from "./records";
import { recordHistory, repairLock, trimHistory } from "./transactions";

/** Records kept beside a lock; older ones go. */
export const HISTORY_LENGTH = 500;
/** How often somebody looks whether there are too many. */
const TRIM_EVERY = 20;

export function historyRecord(
  { system }: Pick<Session, "system">,
  entry: HistoryEntry,
  by: string,
): HistoryRecord {
  const at = new Date(system.date()).toISOString();
  return { v: 1, at, by, ...entry };
}

/** Part of the transaction of the act that it records. */
export function recordInHistory(
  paths: LockPaths,
  record: HistoryRecord | null,
): Operation[] {
  if (!record) return [];
  return recordHistory(paths, prefixOf(record), encodeHistory(record));
}

/**
 * After a record was made: bounds their number. What fails here is done by the next one.
 * What an unfinished roll has done so far stays, however much it is: a run that resumes it asks for it.
 */
export async function boundHistory(
  session: Session,
  paths: LockPaths,
  created: string | undefined,
): Promise<void> {
  if (!created) return;
  const number = sequenceOf(created) + 1;
  if (number % TRIM_EVERY !== 0) return;
  const { stat } = await session.exists(paths.history);
  if (!stat || number % rarity(stat.children) !== 0) return;
  const { children = [] } = await session.getChildren(paths.history);
  const unfinished = new Set(unfinishedRolls(children));
  const excess = inOrder(children)
    .slice(0, -HISTORY_LENGTH)
    .filter((name) => !unfinished.has(name));
  await Promise.all(excess.map((name) => trimHistory(session, paths, name)));
}

/** The more there are, which an unfinished roll may keep, the rarer they are listed: a list of all costs as much as they are many. */
function rarity(records: number): number {
  const doublings = Math.floor(
    Math.log2(Math.max(1, records / HISTORY_LENGTH)),
  );
  return TRIM_EVERY * 2 ** doublings;
}

/** Newest last. @throws LockUnavailable */
export async function readHistory(
  session: Session,
  paths: LockPaths,
  last = HISTORY_LENGTH,
): Promise<HistoryRecord[]> {
  const { children = [] } = await readSettled(session, () =>
    session.getChildren(paths.history),
  );
  const newest = inOrder(children).slice(-last);
  const replies = await Promise.all(
    newest.map((name) =>
      readSettled(session, () => session.getData(`${paths.history}/${name}`)),
    ),
  );
  return replies
    .map(({ data }) => decodeHistory(data))
    .filter((record) => record !== null);
}

export async function createHistory(
  session: Session,
  paths: LockPaths,
): Promise<void> {
  await repairLock(session, paths.history);
}

/** Without what others put there. */
function inOrder(names: string[]): string[] {
  return names.filter(isHistoryName).sort(inQueueOrder);
}

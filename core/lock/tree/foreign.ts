import type { Session } from "../../zookeeper/session";
import { isHistoryName } from "./history-names";
import { isWaiterName, slotNumber, type LockPaths } from "./paths";
import { readSettled } from "./read-settled";

/** Of those that are told: more say nothing more. */
const MOST = 100;

/** Children of the nodes of a lock that are nobody's here: they block nothing, and are told to people. @throws LockUnavailable */
export async function readForeign(
  session: Session,
  paths: LockPaths,
  maxHolders: number,
): Promise<string[]> {
  const own = [paths.holders, paths.waiters, paths.history];
  const isSlot = (name: string) => {
    const slot = slotNumber(name);
    return slot !== null && slot < maxHolders;
  };
  const rules: [string, (name: string) => boolean][] = [
    [paths.lock, (name) => own.includes(`${paths.lock}/${name}`)],
    [paths.holders, isSlot],
    [paths.waiters, isWaiterName],
    [paths.history, isHistoryName],
  ];
  const found = await Promise.all(
    rules.map(async ([path, isOurs]) => {
      const { children = [] } = await readSettled(session, () =>
        session.getChildren(path),
      );
      return children
        .filter((name) => !isOurs(name))
        .map((name) => `${path}/${name}`);
    }),
  );
  return found.flat().sort().slice(0, MOST);
}

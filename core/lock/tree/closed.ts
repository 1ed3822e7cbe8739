import type { Session } from "../../zookeeper/session";
import { LockRefused } from "../errors";
import type { LockPaths } from "./paths";
import { refusal } from "./refusal";
import { settle, type Until } from "./settle";

/**
 * Whether who has no credentials may change a lock that is used with some: then nothing that stands in it can be
 * believed. Without credentials of our own nothing is asked: all is open then. @throws Unsettled, LockRefused
 */
export async function isOpenToOthers(
  session: Session,
  { lock, holders }: LockPaths,
  until: Until,
): Promise<boolean> {
  if (!session.hasCredentials) return false;
  for (const path of [lock, holders]) {
    const { reply } = await settle(session, until, () => session.isOpen(path));
    if (reply.code === "NO_NODE") continue; // not made yet: by us, and closed
    if (reply.code !== "OK")
      throw refusal(reply, `reading the access list of ${path}`, session);
    if (reply.open) return true;
  }
  return false;
}

/** What is told of such a lock. */
export function openLock(what: string): LockRefused {
  return new LockRefused(
    `${what} in ZooKeeper is open to everybody, and credentials are given: whoever reaches ZooKeeper may have written what stands there`,
    [
      "it was made without credentials; delete it while nobody holds it or waits for it, and its next use makes it anew, closed",
      "all locks that are open: locked-action doctor, with the credentials in LOCKED_ACTION_AUTH",
      "or use it without credentials: no lock.auth, no locked-action:zookeeperAuth",
    ],
  );
}

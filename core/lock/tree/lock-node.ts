import type { Session } from "../../zookeeper/session";
import { LockRefused } from "../errors";
import { decodeLock, describeForeignLock, type LockState } from "./records";
import { refusal } from "./refusal";
import { settle, upToDate, type Until } from "./settle";

/**
 * L, for acts that write it under its version; null if it is missing, by the
 * word of the quorum (FAIL-QUORUM): a server that lags behind does not know it yet.
 * @throws Unsettled, LockRefused if something else stands there
 */
export async function readLockNode(
  session: Session,
  path: string,
  until: Until,
): Promise<LockState | null> {
  const read = () => session.getData(path);
  let { reply } = await settle(session, until, read);
  if (reply.code === "NO_NODE")
    reply = await upToDate(session, path, until, read);
  if (reply.code === "NO_NODE") return null;
  if (reply.code !== "OK") throw refusal(reply, `reading ${path}`, session);
  const lock = decodeLock(reply.data!, reply.stat!.version);
  if (!lock)
    throw new LockRefused(`${path} ${describeForeignLock(reply.data!)}`);
  return lock;
}

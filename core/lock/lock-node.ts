import type { Session } from "../zookeeper/session";
import type { KnownLock } from "./attempt";
import { LockRefused } from "./errors";
import { decodeLock } from "./records";
import { refusal } from "./refusal";
import { settle, type Until } from "./settle";

/**
 * L, for who writes it under its version; null if it is missing.
 * @throws Unsettled, LockRefused if something else stands there
 */
export async function readLockNode(
  session: Session,
  path: string,
  until: Until,
): Promise<KnownLock | null> {
  const { reply } = await settle(session, until, () => session.getData(path));
  if (reply.code === "NO_NODE") return null;
  if (reply.code !== "OK") throw refusal(reply, `reading ${path}`, session);
  const data = reply.data!;
  const content = decodeLock(data);
  if (!content) throw new LockRefused(`${path} is no lock`);
  return { ...content, data, version: reply.stat!.version };
}

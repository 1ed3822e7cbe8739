import type { Reply } from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import { LockRefused } from "../errors";

/** The error of an answer that nothing can be done about. */
export function refusal(
  reply: Reply,
  what: string,
  session: Session,
): LockRefused {
  const advice =
    reply.code === "NO_AUTH" || reply.code === "INVALID_ACL"
      ? [
          "its ACL does not allow these credentials: give lock.auth of a user who may, or have the ACL changed",
        ]
      : [];
  return new LockRefused(
    `${what}: ZooKeeper at ${session.servers} answered ${reply.code}`,
    advice,
    reply.code,
  );
}

import { adviceFor, CREDENTIALS } from "../../zookeeper/codes";
import type { Reply } from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import { LockRefused, LockUnavailable } from "../errors";

/** The error of an answer that nothing can be done about. */
export function refusal(
  reply: Reply,
  what: string,
  session: Session,
): LockRefused {
  return new LockRefused(
    `${what}: ZooKeeper at ${session.servers} answered ${reply.code}`,
    adviceFor(reply.code),
    reply.code,
  );
}

/** The error of an answer that did not come: the server is away, or will never answer these credentials. */
export function unreachable(
  session: Session,
  why: string,
  prefix = "",
): LockRefused | LockUnavailable {
  if (session.state === "refused")
    return new LockRefused(`${prefix}ZooKeeper at ${session.reason}`, [
      CREDENTIALS,
    ]);
  return new LockUnavailable(
    `${prefix}ZooKeeper at ${session.servers} is not reachable: ${why}`,
  );
}

import { LockUnavailable } from "../core/lock";
import type { Session } from "../core/zookeeper/session";

/** Reads before it is given up. */
const TRIES = 5;

/**
 * What was read while the connection stood all the time: an answer that is lost
 * in its middle would look like a lock that nobody holds.
 * @throws LockUnavailable
 */
export async function undisturbed<T>(
  session: Session,
  read: () => Promise<T>,
): Promise<T> {
  let disturbed = false;
  const disturb = () => (disturbed = true);
  session.on("suspended", disturb).on("lost", disturb);
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      disturbed = false;
      const value = await read();
      if (!disturbed) return value;
    }
  } finally {
    session.off("suspended", disturb).off("lost", disturb);
  }
  throw new LockUnavailable(
    `ZooKeeper at ${session.servers} is not reachable: the connection was lost ${TRIES} times while reading`,
  );
}

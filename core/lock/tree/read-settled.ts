import type { Reply } from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import { LockUnavailable } from "../errors";
import { settle, Unsettled, within } from "./settle";

/** Seconds for a look that a person waits for. */
const LOOK = 20;

/** A read for people: over lost connections, but not for long. @throws LockUnavailable */
export async function readSettled<R extends Reply>(
  session: Session,
  ask: () => Promise<R>,
): Promise<R> {
  try {
    return (await settle(session, within(session, LOOK), ask)).reply;
  } catch (error) {
    if (!(error instanceof Unsettled)) throw error;
    throw new LockUnavailable(
      `ZooKeeper at ${session.servers} is not reachable: ${error.message}`,
    );
  }
}

import type { Reply } from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import { unreachable } from "./refusal";
import { settle, Unsettled, within } from "./settle";

/** Seconds for a look that a person waits for. */
const LOOK = 20;

/** A read for people: over lost connections, but not for long. @throws LockUnavailable, LockRefused */
export async function readSettled<R extends Reply>(
  session: Session,
  ask: () => Promise<R>,
): Promise<R> {
  try {
    return (await settle(session, within(session, LOOK), ask)).reply;
  } catch (error) {
    if (!(error instanceof Unsettled)) throw error;
    throw unreachable(session, error.message);
  }
}

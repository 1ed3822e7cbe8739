import type { Reply } from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import { refusal, unreachable } from "./refusal";
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

/** The same where only an answer will do: what is closed to these credentials is not empty. @throws LockUnavailable, LockRefused */
export async function readAnswered<R extends Reply>(
  session: Session,
  what: string,
  ask: () => Promise<R>,
): Promise<R> {
  const reply = await readSettled(session, ask);
  if (reply.code === "OK" || reply.code === "NO_NODE") return reply;
  throw refusal(reply, `reading ${what}`, session);
}

import { refusal } from "../tree/refusal";
import { settle, upToDate, type Until } from "../tree/settle";
import { leaveQueue, poison } from "../tree/transactions";
import type { Attempt } from "./attempt";
import type { Grant } from "./step";

/**
 * RESOLVE: after it nothing of this incarnation can take effect any more. Its
 * waiter is gone, and with the waiter any grant that named it; a fast grant in
 * flight is poisoned by another version of L. Returns the grant if it had
 * taken effect already.
 * @throws Unsettled
 */
export async function resolve(
  attempt: Attempt,
  until: Until,
): Promise<Grant | null> {
  const { session, paths, doubt } = attempt;
  session.unwatch(attempt.watcher);
  if (attempt.queued) await removeWaiters(attempt, until);
  if (!doubt) return null;
  if (!attempt.queued)
    await settle(session, until, () => poison(session, paths.lock, doubt.lock)); // POISON
  const { path } = doubt; // it stays in doubt: this may be asked again
  const reply = await upToDate(session, path, until, () =>
    session.getData(path),
  );
  if (reply.code === "NO_NODE") return null;
  if (reply.code !== "OK") throw refusal(reply, `reading ${path}`, session);
  return {
    slot: doubt.slot,
    path,
    record: doubt.record,
    adopted: doubt.adopted,
    fencingToken: reply.stat!.czxid.toString(),
  };
}

/** By its name, and by its prefix where the creation's answer was lost. */
async function removeWaiters(attempt: Attempt, until: Until): Promise<void> {
  const { session, paths, id, waiter } = attempt;
  if (waiter) {
    await settle(session, until, () =>
      leaveQueue(session, attempt.waiterPath(waiter)),
    );
    return;
  }
  const { children = [] } = await upToDate(session, paths.lock, until, () =>
    session.getChildren(paths.waiters),
  );
  for (const name of children)
    if (name.startsWith(`${id}-`))
      await settle(session, until, () =>
        leaveQueue(session, attempt.waiterPath(name)),
      );
}

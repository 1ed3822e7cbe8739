import { check } from "../zookeeper/operations";
import type { Session } from "../zookeeper/session";
import type { Attempt, KnownLock } from "./attempt";
import { refusal } from "./refusal";
import type { Grant } from "./grant";
import { settle, type Until } from "./settle";

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
  if (!attempt.queued) await poison(session, paths.lock, doubt.lock, until);
  const { reply } = await settle(session, until, () =>
    session.multi([check("u", doubt.path)]),
  );
  attempt.doubt = null;
  if (reply.code === "NO_NODE") return null;
  if (reply.code !== "OK")
    throw refusal(reply, `checking ${doubt.path}`, session);
  const data = await settle(session, until, () => session.getData(doubt.path));
  if (data.reply.code !== "OK") return null; // cleared since
  return {
    slot: doubt.slot,
    path: doubt.path,
    record: doubt.record,
    adopted: doubt.adopted,
    fencingToken: data.reply.stat!.czxid.toString(),
  };
}

/** By its name, and by its prefix where the creation's answer was lost: then after a barrier, for a new session may read an old view. */
async function removeWaiters(attempt: Attempt, until: Until): Promise<void> {
  const { session, paths, id, waiter } = attempt;
  if (waiter) {
    await settle(session, until, () =>
      session.remove(attempt.waiterPath(waiter)),
    );
    return;
  }
  await settle(session, until, () => session.multi([check("L", paths.lock)]));
  const { reply } = await settle(session, until, () =>
    session.getChildren(paths.waiters),
  );
  for (const name of reply.children ?? [])
    if (name.startsWith(`${id}-`))
      await settle(session, until, () =>
        session.remove(attempt.waiterPath(name)),
      );
}

/** Writes L as it was, if it is as it was: a grant that names its version fails from then on. */
export async function poison(
  session: Session,
  path: string,
  lock: KnownLock,
  until: Until,
): Promise<void> {
  await settle(session, until, () =>
    session.setData(path, lock.data, lock.version),
  );
}

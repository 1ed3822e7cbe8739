import {
  describeLock,
  listLocks,
  lockPath,
  LockUnavailable,
  type HolderView,
  type LockView,
} from "../core/lock";
import { isLoss } from "../core/zookeeper/replies";
import type { Session } from "../core/zookeeper/session";
import { nearest } from "../provider/nearest";
import type { Context } from "./context";
import { CommandError } from "./errors";
import { EXIT } from "./exit-codes";
import { locked } from "./next-steps";
import { waitersToRead } from "./waiters";
import { undisturbed } from "./undisturbed";

/** @throws CommandError (not found), LockRefused, LockUnavailable */
export async function findLock(
  context: Context,
  session: Session,
  name: string,
  chef?: string,
): Promise<LockView> {
  const { root } = context.where;
  const reply = await session.exists(lockPath(root, name));
  if (isLoss(reply))
    throw new LockUnavailable(
      `ZooKeeper at ${session.servers} is not reachable: ${reply.code}`,
    );
  if (reply.code === "NO_NODE" && chef === undefined)
    throw await noSuchLock(context, session, name);
  return undisturbed(session, () =>
    describeLock(session, root, name, { most: waitersToRead(context), chef }),
  );
}

async function noSuchLock(
  context: Context,
  session: Session,
  name: string,
): Promise<CommandError> {
  const { root } = context.where;
  const names = (await listLocks(session, root, 0)).map((lock) => lock.name);
  const near = nearest(name, names);
  return new CommandError(
    EXIT.notFound,
    `there is no lock ${name} below ${root} at ${session.servers}`,
    [
      ...(near ? [`did you mean ${near}?`] : []),
      `see those that are there: ${locked(context, "list")}`,
      "a lock is made by its first user",
    ],
  );
}

/** By its id, or by a beginning of it that is no other's. @throws CommandError (not found) */
export function findHolder(
  context: Context,
  lock: LockView,
  id: string,
): HolderView {
  const found = lock.holders.filter((holder) => holder.id.startsWith(id));
  const exact = found.find((holder) => holder.id === id) ?? found[0];
  if (exact && (found.length === 1 || exact.id === id)) return exact;
  const why = exact
    ? `${found.length} holders begin with ${id}`
    : `no holder ${id}: cleared, released or adopted meanwhile, or mistyped`;
  throw new CommandError(EXIT.notFound, `lock ${lock.name}: ${why}`, [
    `see its holders: ${locked(context, "show", lock.name)}`,
    `what became of it: ${locked(context, "history", lock.name)}`,
  ]);
}

import { EMPTY } from "../../zookeeper/operations";
import type { Watcher } from "../../zookeeper/watches";
import { mirrorPath } from "../chef/mirror";
import { LockRefused } from "../errors";
import {
  decodeLock,
  describeForeignLock,
  type LockState,
} from "../tree/records";
import { openLock } from "../tree/closed";
import { createLock, repairLock, upgradeLock } from "../tree/transactions";
import type { Attempt } from "./attempt";

/** Times that L is read and made, or written, before it is given up: somebody undoes it as fast. */
const TRIES = 20;

/** L as it is being read for the first time: of many that ask for it at once, one reads it, or makes it. */
const reading = new WeakMap<Attempt["view"], Promise<unknown>>();

/**
 * L as this process knows it, read if it does not. Its version alone would not
 * do: a lock that was deleted by hand and made anew has the same versions again.
 */
export async function knownLock(attempt: Attempt): Promise<LockState> {
  const { view } = attempt;
  const others = reading.get(view);
  if (others && !view.lock) {
    await attempt.patience.during(others);
    attempt.patience.check();
    attempt.sameSession();
  }
  if (view.lock) return view.lock;
  const own = readLock(attempt);
  const done = own
    .catch(() => {}) // told to the one that awaits it
    .finally(() => {
      if (reading.get(view) === done) reading.delete(view);
    });
  reading.set(view, done);
  return own;
}

/** Reads L, makes it if it is missing. A waiter watches it only while the lock is on hold: every failure changes L. */
export async function readLock(
  attempt: Attempt,
  watcher?: Watcher,
): Promise<LockState> {
  const { session, paths, view } = attempt;
  const changed = () => view.lockChanged();
  for (let tries = 0; tries < TRIES; tries++) {
    const reply = await attempt.definite(() =>
      session.getData(paths.lock, watcher ?? changed),
    );
    if (reply.code === "NO_NODE") {
      await init(attempt);
      continue;
    }
    attempt.expect(reply, `reading ${paths.lock}`, "OK");
    const lock = decodeLock(reply.data!, reply.stat!.version);
    if (!lock)
      throw new LockRefused(
        `${paths.lock} in ZooKeeper ${describeForeignLock(reply.data!)}`,
        ["choose another lock.root or lock.name"],
      );
    await refuseOpen(attempt, reply.stat!.czxid);
    if (lock.outdated) {
      await attempt.definite(() =>
        upgradeLock(session, paths, lock, lock.version),
      );
      continue;
    }
    if (watcher)
      changed(); // nobody tells the view of a change
    else view.lockRead(lock);
    return lock;
  }
  throw new LockRefused(`${paths.lock} is changed as fast as it is made`);
}

/** Locks, by when they were made, of which it is known that nobody else may change them. */
const closed = new WeakMap<Attempt["view"], bigint>();

/** Credentials promise that nobody without them takes part: a lock that anybody may change breaks that promise. */
async function refuseOpen(attempt: Attempt, made: bigint): Promise<void> {
  const { session, paths, view } = attempt;
  if (!session.hasCredentials || closed.get(view) === made) return;
  for (const path of [paths.lock, paths.holders]) {
    const reply = await attempt.definite(() => session.isOpen(path));
    attempt.expect(
      reply,
      `reading the access list of ${path}`,
      "OK",
      "NO_NODE",
    );
    if (reply.open) throw openLock(paths.lock);
  }
  closed.set(view, made);
}

/** L names each Chef lock that is held together with it, so that an operator finds it. Written once in a lock's life. */
export async function withMirrorNamed(
  attempt: Attempt,
  known: LockState,
): Promise<LockState> {
  const { session, paths, request } = attempt;
  if (!request.chef) return known;
  const mirror = mirrorPath(request.chef, request.name);
  let lock = known;
  for (let tries = 0; tries < TRIES; tries++) {
    const { version, mirrors } = lock;
    if (mirrors.includes(mirror)) break;
    const data = { ...lock, mirrors: [mirror, ...mirrors] };
    await attempt.definite(() => upgradeLock(session, paths, data, version));
    lock = await readLock(attempt); // as we wrote it, or as somebody else did
  }
  return lock;
}

/** INIT: the parents, then the lock in one piece. The second that makes it finds it there. */
async function init(attempt: Attempt): Promise<void> {
  const { session, paths, request } = attempt;
  if (session.chroot) await attempt.definite(() => session.createChroot());
  await createParents(attempt, paths.lock, "shared");
  const { limits, chef, name } = request;
  const mirrors = chef ? [mirrorPath(chef, name)] : [];
  const reply = await attempt.definite(() =>
    session.multi(createLock(paths, { limits, hold: null, mirrors })),
  );
  attempt.expect(reply, `creating ${paths.lock}`, "OK", "NODE_EXISTS");
}

/** Others put their nodes below them too, whatever their credentials. Never null data: the Chef cookbook takes null for absent. */
async function createParents(
  attempt: Attempt,
  of: string,
  access: "shared" | "anyone",
): Promise<void> {
  const { session } = attempt;
  let parent = "";
  for (const segment of of.split("/").slice(1, -1)) {
    parent += `/${segment}`;
    const path = parent;
    const reply = await attempt.definite(() =>
      session.create(path, EMPTY, "persistent", access),
    );
    // credentials that may not write above it may be allowed to below it
    attempt.expect(reply, `creating ${path}`, "OK", "NODE_EXISTS", "NO_AUTH");
  }
}

/** The nodes above a Chef lock: open to anyone, or the cookbook fails. */
export async function createMirrorParents(
  attempt: Attempt,
  mirror: string,
): Promise<void> {
  await createParents(attempt, mirror, "anyone");
}

/** What is missing below an L that is there: somebody cleaned up by hand. */
export async function repair(attempt: Attempt): Promise<void> {
  const { session, paths } = attempt;
  for (const path of [paths.holders, paths.waiters, paths.history]) {
    const reply = await attempt.definite(() => repairLock(session, path));
    if (reply.code === "NO_NODE") return init(attempt);
    attempt.expect(reply, `creating ${path}`, "OK", "NODE_EXISTS");
  }
}

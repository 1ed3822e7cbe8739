import { EMPTY, create, set } from "../zookeeper/operations";
import type { Session } from "../zookeeper/session";
import type { Watcher } from "../zookeeper/watches";
import type { Attempt, KnownLock } from "./attempt";
import { LockRefused } from "./errors";
import { mirrorPath } from "./mirror";
import { decodeLock, encodeLock } from "./records";

/**
 * L as last read by anyone in this process, for as long as its watch is silent.
 * Its version alone would not do: a lock that was deleted by hand and made anew
 * has the same versions again, with other limits.
 */
const cache = new WeakMap<Session, Cache>();

interface Cache {
  epoch: number;
  locks: Map<string, KnownLock>;
  /** L, as it is being read for the first time. */
  reading: Map<string, Promise<unknown>>;
  /** Locks for which the last of our attempts had to wait for others. */
  contended: Set<string>;
}

function cacheOf(session: Session): Cache {
  let entry = cache.get(session);
  if (entry?.epoch !== session.epoch) {
    const { epoch } = session;
    const nothing = { reading: new Map<string, Promise<unknown>>() };
    entry = { epoch, locks: new Map(), contended: new Set(), ...nothing };
    cache.set(session, entry);
  }
  return entry;
}

const cached = (session: Session) => cacheOf(session).locks;

/** Whether the fast path would most likely fail, for somebody waits. */
export function isContended({ session, paths }: Attempt): boolean {
  return cacheOf(session).contended.has(paths.lock);
}

export function rememberContention(attempt: Attempt): void {
  const { contended } = cacheOf(attempt.session);
  if (attempt.waited) contended.add(attempt.paths.lock);
  else contended.delete(attempt.paths.lock);
}

/** L, from the cache if it is there. Of many who ask for it at once, one reads it, or makes it. */
export async function knownLock(attempt: Attempt): Promise<KnownLock> {
  const path = attempt.paths.lock;
  const { locks, reading } = cacheOf(attempt.session);
  const others = reading.get(path);
  if (others && !locks.has(path)) {
    await attempt.patience.during(others);
    attempt.patience.check();
    attempt.sameSession();
  }
  const known = locks.get(path);
  if (known) return known;
  const own = readLock(attempt);
  const done = own
    .catch(() => {}) // told to whoever awaits it
    .finally(() => {
      if (reading.get(path) === done) reading.delete(path);
    });
  reading.set(path, done);
  return own;
}

/** Whether L, once a write was answered, is the one that this attempt knows: the answer comes after all events of before. */
export function isKnownStill({ session, paths, lock }: Attempt): boolean {
  return cached(session).get(paths.lock) === lock;
}

export function forgetLock(attempt: Attempt): void {
  cached(attempt.session).delete(attempt.paths.lock);
}

/** Reads L, makes it if it is missing. A waiter watches it only while the lock is on hold: every failure changes L. */
export async function readLock(
  attempt: Attempt,
  watcher?: Watcher,
): Promise<KnownLock> {
  const { session, paths } = attempt;
  const { locks } = cacheOf(session);
  const forget = () => void locks.delete(paths.lock);
  const bound = 20; // whoever deletes L faster than we make it
  for (let round = 0; round < bound; round++) {
    const reply = await attempt.definite(() =>
      session.getData(paths.lock, watcher ?? forget),
    );
    if (reply.code === "NO_NODE") {
      await init(attempt);
      continue;
    }
    attempt.expect(reply, `reading ${paths.lock}`, "OK");
    const data = reply.data!;
    const content = decodeLock(data);
    if (!content)
      throw new LockRefused(
        `${paths.lock} in ZooKeeper is no lock of pulumi-locked-action (data of another program, or of a later version)`,
        ["choose another lock.root or lock.name"],
      );
    const known = { ...content, version: reply.stat!.version, data };
    if (watcher)
      forget(); // nobody tells the cache of a change
    else locks.set(paths.lock, known);
    return known;
  }
  throw new LockRefused(`${paths.lock} is deleted as fast as it is made`);
}

/** init: the parents, then the lock in one piece. Whoever comes second finds it there. */
export async function init(attempt: Attempt): Promise<void> {
  const { session, paths, request } = attempt;
  if (session.chroot) await attempt.definite(() => session.createChroot());
  let parent = "";
  for (const segment of paths.lock.split("/").slice(1, -1)) {
    parent += `/${segment}`;
    const path = parent;
    // others put their locks below it too, whatever their credentials
    const reply = await attempt.definite(() =>
      session.create(path, EMPTY, "persistent", "shared"),
    );
    // who may not write above it may be allowed to below it
    attempt.expect(reply, `creating ${path}`, "OK", "NODE_EXISTS", "NO_AUTH");
  }
  const { limits, chef, name } = request;
  const mirrors = chef ? [mirrorPath(chef, name)] : [];
  const data = encodeLock({ limits, hold: null, mirrors });
  const reply = await attempt.definite(() =>
    session.multi([
      create("lock", paths.lock),
      set("lock data", paths.lock, data),
      create("holders", paths.holders),
      create("waiters", paths.waiters),
      create("history", paths.history),
    ]),
  );
  attempt.expect(reply, `creating ${paths.lock}`, "OK", "NODE_EXISTS");
}

/** What is missing below an L that is there: somebody cleaned up by hand. */
export async function repair(attempt: Attempt): Promise<void> {
  const { session, paths } = attempt;
  for (const path of [paths.holders, paths.waiters, paths.history]) {
    const reply = await attempt.definite(() => session.create(path, EMPTY));
    if (reply.code === "NO_NODE") return init(attempt);
    attempt.expect(reply, `creating ${path}`, "OK", "NODE_EXISTS");
  }
}

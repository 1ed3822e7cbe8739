import type { Attempt, KnownLock } from "./attempt";
import { readLock } from "./known-lock";
import { mirrorPath } from "./mirror";
import { encodeLock } from "./records";

/** Writes before it is left to the next one. */
const TRIES = 10;

/**
 * L names each Chef lock that is held together with it, so that whoever looks
 * at the lock finds a Chef node that has it. Written once in a lock's life.
 */
export async function rememberMirror(
  attempt: Attempt,
  known: KnownLock,
): Promise<KnownLock> {
  const { session, paths, request } = attempt;
  if (!request.chef) return known;
  const mirror = mirrorPath(request.chef, request.name);
  let lock = known;
  for (let tries = 0; tries < TRIES; tries++) {
    const { version, mirrors } = lock;
    if (mirrors.includes(mirror)) break;
    const data = encodeLock({ ...lock, mirrors: [...mirrors, mirror] });
    await attempt.definite(() => session.setData(paths.lock, data, version));
    lock = await readLock(attempt); // as we wrote it, or as somebody else did
  }
  return lock;
}

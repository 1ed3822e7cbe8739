import type { Session } from "../zookeeper/session";

/** How many of this process have asked for a lock, wait for it or hold it, by session and path. */
const company = new WeakMap<Session, Map<string, number>>();

/** One more; returns what takes it off again, once. */
export function enter(session: Session, lock: string): () => void {
  const counts = company.get(session) ?? new Map<string, number>();
  company.set(session, counts);
  counts.set(lock, (counts.get(lock) ?? 0) + 1);
  let left = false;
  return () => {
    if (left) return;
    left = true;
    const count = counts.get(lock)! - 1;
    if (count > 0) counts.set(lock, count);
    else counts.delete(lock);
  };
}

/** Whether nobody of this process is there. */
export function isAlone(session: Session, lock: string): boolean {
  return !company.get(session)?.has(lock);
}

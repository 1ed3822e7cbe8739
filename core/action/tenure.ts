import type {
  Held,
  HistoryEntry,
  HolderFailure,
  HolderRecord,
  Released,
} from "../lock/types";
import type { KeptLock, LockFacts } from "./types";

/** The right to act: a held lock, or, where locking is skipped, a place among those of this process. */
export interface Tenure {
  /** What was taken over from a stale or failed holder of the same owner. */
  readonly adopted: HolderRecord | null;
  /** Seconds since that holder was granted, by ZooKeeper's own stamps, or a little less; null if nobody knows. */
  adoptedAge(): number | null;
  /** Writes into the holder, and with it re-asserts that it is ours. @throws LockLost */
  record(change: Parameters<Held["record"]>[0]): Promise<void>;
  /** @throws LockLost, LockInDoubt */
  release(entry: HistoryEntry): Promise<Released>;
  /** @throws LockLost, LockInDoubt */
  fail(failure: HolderFailure, entry: HistoryEntry): Promise<void>;
  /** Leaves the lock as it stands. */
  abandon(): Promise<void>;
  facts(): LockFacts | undefined;
  where(): KeptLock | null;
}

export function heldTenure(held: Held): Tenure {
  return {
    adopted: held.adopted,
    adoptedAge: () =>
      held.adoptedAge === null ? null : held.adoptedAge + held.held(),
    record: (change) => held.record(change),
    release: (entry) => held.release(entry),
    fail: (failure, entry) => held.fail(failure, entry),
    abandon: () => held.abandon(),
    facts: () => ({
      path: held.lock,
      holder: held.id,
      fencingToken: held.fencingToken,
      waited: round(held.waited),
      held: round(held.held()),
    }),
    where: () => ({ lock: held.lock, holder: held.id }),
  };
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

import type { Code } from "../zookeeper/replies";
import type { HolderView, Hold, WaitReport } from "./types";

/** Anything that keeps a lock from being taken, kept or given back. `story` holds further lines for people. */
export class LockError extends Error {
  constructor(
    message: string,
    readonly story: string[] = [],
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** Not got in time: nothing was done, nothing of ours is left. */
export class LockTimeout extends LockError {
  constructor(
    message: string,
    story: string[],
    readonly wait: WaitReport,
  ) {
    super(message, story);
  }
}

/** A failed or stale holder blocks, and its owner did not come back within `ownerGrace`. */
export class LockBlocked extends LockError {
  constructor(
    message: string,
    story: string[],
    readonly holder: HolderView,
  ) {
    super(message, story);
  }
}

/** The wait was ended from outside: cancel, or the end of the program. */
export class LockCancelled extends LockError {}

/** Two users of one lock disagree on its limits. */
export class LimitsDisagree extends LockError {}

/** A crashed holder of the same owner has other lock data. */
export class LockDataChanged extends LockError {
  constructor(
    message: string,
    story: string[] = [],
    /** The lock data that it has. */
    readonly group?: string,
  ) {
    super(message, story);
  }
}

/** An operator's hold stood until the wait was over. */
export class LockOnHold extends LockError {
  constructor(
    message: string,
    story: string[],
    readonly hold: Hold,
  ) {
    super(message, story);
  }
}

/** The holder is not ours any more: cleared by an operator or adopted by a later run of its owner. */
export class LockLost extends LockError {}

/** The Chef lock that goes with the holder was deleted, or is another's: to act would be to act beside a Chef node. The holder is ours still. */
export class ChefLockGone extends LockError {}

/** ZooKeeper could not be reached to settle what happened: the path that may be left is named. */
export class LockInDoubt extends LockError {
  constructor(
    message: string,
    story: string[],
    readonly path: string,
  ) {
    super(message, story);
  }
}

/** ZooKeeper refused: no permission, authentication failed, a node that is no lock. */
export class LockRefused extends LockError {
  constructor(
    message: string,
    story: string[] = [],
    /** ZooKeeper's own, where it answered. */
    readonly code?: Code,
  ) {
    super(message, story);
  }
}

/** ZooKeeper was not reachable, and nothing of ours can have been left there. */
export class LockUnavailable extends LockError {}

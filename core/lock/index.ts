/** The lock of lock.md, and nothing else: see docs/design.md for its guarantees and their tests. */
export { acquire } from "./acquire";
export * from "./errors";
export { describeAge, describeHolder, waysOn } from "./blocked";
export { mirrorPath } from "./mirror";
export { clear, releaseKept } from "./operator";
export {
  describeChefHolder,
  waysOnWithChef,
  type ChefHolder,
} from "./chef-holder";
export type { Removal } from "./remove-holder";
export { forgetMirrors, hold, setLimits, unhold } from "./terms";
export { lockPath, ownerKey } from "./paths";
export { readHistory } from "./history";
export { endRoll, readUnfinishedRoll } from "./roll-history";
export * from "./types";
export {
  describeLock,
  listLocks,
  readHoldersOf,
  watchLock,
  type LockView,
} from "./views";

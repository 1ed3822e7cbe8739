/** The lock of docs/protocol.md, and nothing else; its guarantees and their tests stand there. */
export { acquire } from "./acquire/acquire";
export { mirrorPath } from "./chef/mirror";
export {
  describeAge,
  describeChefHolder,
  describeHold,
  describeHolder,
  pulumiUpOf,
  waysOn,
  waysOnWithChef,
} from "./describe";
export * from "./errors";
export type { Removal } from "./holder/remove-holder";
export { forgetMirrors, hold, setLimits, unhold } from "./operate/change";
export { clear, releaseKept } from "./operate/clear";
export { clearChef, clearWaiter } from "./operate/clear-others";
export {
  endRoll,
  readLastEnd,
  readUnfinishedRoll,
} from "./operate/roll-history";
export {
  describeLock,
  listLocks,
  readHoldersOf,
  watchLock,
  type LockView,
  type Look,
} from "./operate/views";
export { readHistory } from "./tree/history";
export { lockPath, ownerKey } from "./tree/paths";
export * from "./types";

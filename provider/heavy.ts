/** What is loaded at the first act only: ssh2, the ZooKeeper client and all that needs them. */
export { runAction, survey, systemClock } from "../core/action";
export { mayStillRun, secondsToEnd } from "../core/action/may-run";
export {
  endRoll,
  lockPath,
  ownerKey,
  readHoldersOf,
  readLastEnd,
  readUnfinishedRoll,
  releaseKept,
} from "../core/lock";
export { roll } from "../core/roll";
export { createHostPool } from "../core/ssh/pool";
export { createSessionPool } from "../core/zookeeper/pool";

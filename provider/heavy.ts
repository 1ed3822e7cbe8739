/** What is loaded at the first act only: ssh2, the ZooKeeper client and all that needs them. */
export { runAction, systemClock } from "../core/action";
export { releaseKept } from "../core/lock";
export { createHostPool } from "../core/ssh/pool";
export { createSessionPool } from "../core/zookeeper/pool";

import type * as pulumi from "@pulumi/pulumi";

/** Credentials for ZooKeeper. */
export interface LockAuthArgs {
  /** @default "digest" */
  scheme?: pulumi.Input<string>;
  /** `user:password`. Always secret in the state. */
  credentials: pulumi.Input<string>;
}

/** The Chef cookbook `locking_resource` on the same lock. Only with `maxHolders` 1. */
export interface ChefArgs {
  /** The cookbook's root, `/lock` by default there; it must differ from the lock's own. */
  root: pulumi.Input<string>;
  /** The cookbook's name of the lock. @default the lock's name */
  name?: pulumi.Input<string>;
  /**
   * `tagged`: Chef waits for us and never takes our lock for its own. `exact`: the data is the cookbook's; only for
   * hosts that were taken out of Chef. @default "tagged"
   */
  mode?: pulumi.Input<"tagged" | "exact">;
}

/** The lock in ZooKeeper. Whoever shares it must give the same `maxHolders`, `maxPerGroup` and `maxFailures`. */
export interface LockArgs {
  /** Its name. Resources with the same name (and root and servers) take turns. */
  name: pulumi.Input<string>;
  /** The path under which all locks are. @default stack config `locked-action:lockRoot`, else "/locked-action" */
  root?: pulumi.Input<string>;
  /** ZooKeeper's servers, `host:port,…` with an optional chroot. @default stack config `locked-action:zookeeperServers`; required */
  servers?: pulumi.Input<string>;
  /** The lock data: holders with the same one are a group, a rack say, and hold together. @default the target */
  data?: pulumi.Input<string>;
  /** How many groups may hold at once. @default 1 */
  maxHolders?: pulumi.Input<number>;
  /** How many of one group may hold at once. @default no bound */
  maxPerGroup?: pulumi.Input<number>;
  /** When so many holders have failed, nobody new may act, in any stack. @default 1 */
  maxFailures?: pulumi.Input<number>;
  /** Seconds to wait without any change of the holders. @default stack config `locked-action:lockTimeout`, else 900 */
  timeout?: pulumi.Input<number>;
  /** Seconds to wait in all. @default stack config `locked-action:maxWait`, else 86,400 */
  maxWait?: pulumi.Input<number>;
  /** Seconds between safety re-checks; waiting itself needs none. @default stack config `locked-action:retryInterval`, else 30 */
  retryInterval?: pulumi.Input<number>;
  /** When a failed or stale holder blocks and its owner does not come back: fail, or go on waiting. @default "fail" */
  onFailedHolder?: pulumi.Input<"fail" | "wait">;
  /** Seconds that the owner of a failed or stale holder gets to come back. @default 30 */
  ownerGrace?: pulumi.Input<number>;
  /** Act without the lock: nothing keeps other processes from acting at the same time. @default stack config `locked-action:skipCoordination`, else false */
  skip?: pulumi.Input<boolean>;
  /** @default stack config `locked-action:zookeeperAuth`, else none */
  auth?: pulumi.Input<pulumi.Input<LockAuthArgs>[]>;
  chef?: pulumi.Input<ChefArgs>;
}

/** What is told of the lock afterwards. */
export interface LockResult {
  name: string;
  /** Absent: "/locked-action". */
  root?: string;
  servers: string;
  data: string;
  /** Path of the lock. */
  path?: string;
  /** Name of the holder's znode. */
  holder?: string;
  /** Decimal, strictly increasing over all holders of all locks of one ensemble. */
  fencingToken?: string;
  /** Seconds from asking for the lock to getting it. */
  waited?: number;
  /** Seconds it was held. */
  held?: number;
}

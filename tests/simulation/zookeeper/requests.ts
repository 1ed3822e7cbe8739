import type { Right } from "../../../core/zookeeper/quick-transactions";

/** Error codes of ZooKeeper. */
export const OK = 0;
export const RUNTIME_INCONSISTENCY = -2;
export const CONNECTION_LOSS = -4;
export const BAD_ARGUMENTS = -8;
export const NO_NODE = -101;
export const NO_AUTH = -102;
export const BAD_VERSION = -103;
export const NO_CHILDREN_FOR_EPHEMERALS = -108;
export const NODE_EXISTS = -110;
export const NOT_EMPTY = -111;
export const SESSION_EXPIRED = -112;
export const INVALID_ACL = -114;
export const AUTH_FAILED = -115;

/** One operation that changes something, or must hold for the others. */
export type Write = { path: string; as?: string } & (
  | { kind: "check"; version: number }
  | {
      kind: "create";
      data: Buffer;
      rights: readonly Right[];
      ephemeral: boolean;
      sequential: boolean;
    }
  | { kind: "set"; data: Buffer; version: number }
  | { kind: "delete"; version: number }
);

export type Request =
  | { kind: "exists" | "getData" | "getChildren"; path: string; watch: boolean }
  | { kind: "write"; write: Write }
  | { kind: "multi"; writes: Write[] }
  | {
      kind: "setWatches";
      since: number;
      data: string[];
      children: string[];
    }
  | { kind: "closeSession" };

/** Statistics of a znode, as clients see them. */
export interface Stat {
  czxid: number;
  mzxid: number;
  pzxid: number;
  ctime: number;
  mtime: number;
  version: number;
  cversion: number;
  owner: number;
  numChildren: number;
  dataLength: number;
}

/** What became of one operation of a transaction. */
export interface Result {
  err: number;
  kind: Write["kind"];
  path?: string;
  stat?: Stat;
}

export interface Answer {
  err: number;
  /** The last transaction that this server knew of. */
  zxid: number;
  data?: Buffer;
  stat?: Stat;
  children?: string[];
  path?: string;
  results?: Result[];
}

export type EventKind = "created" | "deleted" | "changed" | "children";

export interface WatchEvent {
  kind: EventKind;
  path: string;
}

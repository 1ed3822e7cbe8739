import type { Stat as ClientStat } from "node-zookeeper-client";

/** What ZooKeeper knows of a node besides its data. */
export interface Stat {
  /** Transaction that created it; rises over the whole ensemble. */
  czxid: bigint;
  mzxid: bigint;
  /** Milliseconds, the leader's clock. */
  ctime: number;
  mtime: number;
  version: number;
  ephemeral: boolean;
  /** How many it has. */
  children: number;
}

/**
 * Outcome of an operation. Definite answers carry ZooKeeper's own names. The
 * codes of LOSS mean that it may or may not have been carried out.
 */
export type Code =
  | "OK"
  | "NO_NODE"
  | "NODE_EXISTS"
  | "NOT_EMPTY"
  | "BAD_VERSION"
  | "NO_AUTH"
  | "INVALID_ACL"
  | "AUTH_FAILED"
  | "SESSION_MOVED"
  | "NOT_READ_ONLY"
  | "EPHEMERAL_ON_LOCAL_SESSION"
  | "REQUEST_TIMEOUT"
  | "RECONFIG_DISABLED"
  | "AUTHENTICATION_DEMANDED"
  | "QUOTA_EXCEEDED"
  | "THROTTLED"
  | "ANSWER_TOO_LARGE"
  | "REQUEST_TOO_LARGE"
  | "CONNECTION_LOSS"
  | "TIMEOUT"
  | "SESSION_EXPIRED"
  | "NEW_SESSION"
  | `ERROR_${string}`;

export interface Reply {
  code: Code;
  /** With LOSS: the request never left, so it was certainly not carried out. */
  unsent?: boolean;
}
export interface DataReply extends Reply {
  data?: Buffer;
  stat?: Stat;
}
export interface ChildrenReply extends Reply {
  children?: string[];
  stat?: Stat;
}
export interface CreateReply extends Reply {
  path?: string;
}
export interface AccessReply extends Reply {
  open?: boolean;
}
export interface MultiReply extends Reply {
  /** Which operation made it fail: its `as`. */
  failed?: string;
  /** Results of the operations, by their `as`. */
  stats?: Map<string, Stat>;
  paths?: Map<string, string>;
}

const LOSS = new Set<string>([
  "CONNECTION_LOSS",
  "TIMEOUT",
  "SESSION_EXPIRED",
  "NEW_SESSION",
]);

/** Outcome unknown: connection lost, no answer in time, session over. */
export function isLoss(reply: Reply): boolean {
  return LOSS.has(reply.code);
}

const number = (value: Buffer) => value.readBigInt64BE(0);

export function readStat(stat: ClientStat): Stat {
  return {
    czxid: number(stat.czxid),
    mzxid: number(stat.mzxid),
    ctime: Number(number(stat.ctime)),
    mtime: Number(number(stat.mtime)),
    version: stat.version,
    ephemeral: number(stat.ephemeralOwner) !== 0n,
    children: stat.numChildren,
  };
}

/**
 * One operation of a transaction. `as` names it in the reply: the protocol is
 * written in these names, never in positions.
 */
export type Operation = { as: string; path: string } & (
  | { kind: "check"; version: number }
  | { kind: "create"; data: Buffer; mode: CreateMode; access?: Access }
  | { kind: "set"; data: Buffer; version: number }
  | { kind: "delete"; version: number }
);

/**
 * Who may use a node that a session with credentials creates (without, it is
 * open to anyone). `own`: who has the same. `shared`: besides, anyone may list
 * it, and create and delete below it: what has children stays. `anyone`: anyone
 * may do anything.
 * @default "own"
 */
export type Access = "own" | "shared" | "anyone";

export type CreateMode =
  "persistent" | "ephemeral" | "persistentSequential" | "ephemeralSequential";

/** Any version. */
export const ANY = -1;

/** Data of nodes that only are there. Never null: the Chef cookbook takes null for absent. */
export const EMPTY = Buffer.alloc(0);

export const check = (as: string, path: string, version = ANY): Operation => ({
  kind: "check",
  as,
  path,
  version,
});

export const create = (
  as: string,
  path: string,
  data: Buffer = EMPTY,
  mode: CreateMode = "persistent",
): Operation => ({ kind: "create", as, path, data, mode });

export const set = (
  as: string,
  path: string,
  data: Buffer,
  version = ANY,
): Operation => ({ kind: "set", as, path, data, version });

export const remove = (as: string, path: string, version = ANY): Operation => ({
  kind: "delete",
  as,
  path,
  version,
});

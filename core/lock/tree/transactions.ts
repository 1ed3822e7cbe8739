/**
 * Every write of the lock, side by side: the table of docs/protocol.md §4. Each
 * operation carries the name (`as`) by which its refusal is understood, and the
 * rule that needs it stands beside it.
 */
import {
  check,
  create,
  EMPTY,
  remove,
  set,
  type Operation,
} from "../../zookeeper/operations";
import {
  isLoss,
  type CreateReply,
  type DataReply,
  type MultiReply,
  type Reply,
} from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import type { HolderRecord } from "../types";
import type { LockPaths } from "./paths";
import { encodeHolder, encodeLock, type LockData } from "./records";

/** The holder that a grant makes. */
export interface NewHolder {
  paths: LockPaths;
  slot: number;
  /** Name of u. */
  id: string;
  record: HolderRecord;
  /** Name of the live node: of the session that asks. */
  liveName: string;
}

/** The Chef lock that goes with a slot: where it is, and what it says. */
export interface Mirror {
  path: string;
  data: string;
}

/** A waiter that becomes a holder: under which version of L, and which waiter. */
export interface FromQueue {
  /** L's, as known before the look at the holders: rule EVAL-VERSION. */
  version: number;
  /** Path of w. */
  waiter: string;
}

/** The Chef lock, made: version 1 afterwards, for Chef's own stay at 0. Chef reads and writes it, whatever the ACL of L. */
function makeMirror(mirror: Mirror | null): Operation[] {
  if (!mirror) return [];
  return [
    { ...create("mirror", mirror.path), access: "anyone" } as Operation,
    set("mirror data", mirror.path, Buffer.from(mirror.data)),
  ];
}

/** What every grant ends with: u, its stamp (whose zxid is the fencing token), and a sign of life. */
function becomeHolder(holder: NewHolder): Operation[] {
  const { paths, slot, id, record, liveName } = holder;
  const u = `${paths.holders}/${slot}/${id}`;
  return [
    create("holder", u),
    set("stamp", u, encodeHolder(record)),
    create("live", `${u}/${liveName}`, EMPTY, "ephemeral"), // LIVE-SESSION
  ];
}

/** INIT: the lock in one piece; of two who make it, one finds it there. */
export const createLock = (paths: LockPaths, data: LockData): Operation[] => [
  create("lock", paths.lock),
  set("lock data", paths.lock, encodeLock(data)),
  create("holders", paths.holders),
  create("waiters", paths.waiters),
  create("history", paths.history),
];

/** REPAIR: one node below L that somebody took away by hand. */
export const repairLock = (
  session: Session,
  path: string,
): Promise<CreateReply> => session.create(path, EMPTY);

/** A lock of an earlier version of this package, or one that lacks a mirror: L is written once. */
export const upgradeLock = (
  session: Session,
  paths: LockPaths,
  data: LockData,
  version: number,
): Promise<DataReply> => session.setData(paths.lock, encodeLock(data), version);

/** FAST: works only if nobody waits and nobody holds, for what has children cannot be deleted. */
export const fast = (
  holder: NewHolder,
  version: number,
  maxHolders: number,
  mirror: Mirror | null,
): Operation[] => [
  check("lock", holder.paths.lock, version), // a hold, other limits, a failure: refused
  ...nobodyWaits(holder.paths), // FAST-FREE
  // the only slot: to create it says that nobody holds
  ...(maxHolders === 1 ? [] : nobodyHolds(holder.paths)),
  ...newSlot(holder, mirror),
  ...becomeHolder(holder),
];

/** The same, which makes the limits of L others: H is empty, whatever N was. */
export const fastWithLimits = (
  holder: NewHolder,
  version: number,
  data: LockData,
  mirror: Mirror | null,
): Operation[] => [
  set("lock", holder.paths.lock, encodeLock(data), version),
  ...nobodyWaits(holder.paths),
  ...nobodyHolds(holder.paths), // FAST-FREE
  ...newSlot(holder, mirror),
  ...becomeHolder(holder),
];

const nobodyWaits = ({ waiters }: LockPaths): Operation[] => [
  remove("waiters", waiters),
  create("new waiters", waiters),
];

const nobodyHolds = ({ holders }: LockPaths): Operation[] => [
  remove("holders", holders),
  create("new holders", holders),
];

const slotPath = ({ paths, slot }: Pick<NewHolder, "paths" | "slot">): string =>
  `${paths.holders}/${slot}`;

/** The slot is created, never found: two who want it exclude each other by its name. */
const newSlot = (holder: NewHolder, mirror: Mirror | null): Operation[] => [
  create("slot", slotPath(holder), Buffer.from(holder.record.group)),
  ...makeMirror(mirror),
];

/** QUEUE: a waiter that goes with its session, and whose number is its place. */
export const enterQueue = (
  session: Session,
  paths: LockPaths,
  id: string,
  record: HolderRecord,
): Promise<CreateReply> =>
  session.create(
    `${paths.waiters}/${id}-`,
    encodeHolder(record),
    "ephemeralSequential",
  );

/** Out of the queue: with the waiter goes every grant that names it. */
export const leaveQueue = (session: Session, waiter: string): Promise<Reply> =>
  session.remove(waiter);

const fromQueue = (
  { paths }: NewHolder,
  { version, waiter }: FromQueue,
): Operation[] => [
  check("lock", paths.lock, version), // EVAL-VERSION: a failure, a hold since the look
  remove("waiter", waiter), // RESOLVE: nobody is granted whose waiter is gone
];

/** TAKE: the first waiter gets a slot of its own; `replace` an empty one that is there. */
export const take = (
  holder: NewHolder,
  from: FromQueue,
  how: "create" | "replace",
  mirror: Mirror | null,
): Operation[] => [
  ...fromQueue(holder, from),
  ...(how === "replace" ? [remove("empty slot", slotPath(holder))] : []),
  ...newSlot(holder, mirror),
  ...becomeHolder(holder),
];

/** JOIN: the first waiter becomes a member of the slot that its group has. */
export const join = (
  holder: NewHolder,
  from: FromQueue,
  chef: Operation[],
): Operation[] => [
  ...fromQueue(holder, from),
  ...chef, // CHEF-JOIN
  ...becomeHolder(holder),
];

/** ADOPT: a holder of the same owner without its run gives way to a new one. */
export const adopt = (
  holder: NewHolder,
  from: FromQueue,
  old: { path: string; version: number },
  chef: Operation[],
): Operation[] => [
  ...fromQueue(holder, from),
  // fails if its run is back (it has children then: OWN-WAIT), or wrote meanwhile (ADOPT-VERSION)
  remove("old holder", old.path, old.version),
  ...chef, // CHEF-ADOPT
  ...becomeHolder(holder),
];

/** The Chef lock of a slot is ours still. */
export const keepMirror = (path: string | null): Operation[] =>
  path === null ? [] : [check("mirror", path, 1)];

/** The Chef lock of a slot that stands without it. Writing the slot marks it: what it was made with is ours (CHEF-OWN). */
export const remakeMirror = (
  holder: NewHolder,
  mirror: Mirror,
): Operation[] => [
  ...makeMirror(mirror),
  set("slot mark", slotPath(holder), Buffer.from(holder.record.group)),
];

/** The Chef lock goes; one that is not ours any more is not at version 1. */
export const freeMirror = (path: string | null): Operation[] =>
  path === null ? [] : [remove("mirror", path, 1)];

const NEXT = "next ";

/** HAND-OVER: a release, and the grant of the first waiter that waits for nothing else: both or neither (BOTH-DOUBT). */
export const handOver = (
  released: Operation[],
  granted: Operation[],
): Operation[] => [
  ...released,
  ...granted.map((each) => ({ ...each, as: NEXT + each.as })),
];

/** Whether it is for the next one's part that the two were refused. */
export const nextFailed = ({ failed }: MultiReply): boolean =>
  failed?.startsWith(NEXT) ?? false;

/** What the answer to both says of the grant. */
export function partOfNext(reply: MultiReply): MultiReply {
  const { code, failed, stats } = reply;
  if (nextFailed(reply)) return { code, failed: failed!.slice(NEXT.length) };
  if (code === "OK") {
    const own = [...(stats ?? [])].filter(([as]) => as.startsWith(NEXT));
    return {
      code,
      stats: new Map(own.map(([as, stat]) => [as.slice(NEXT.length), stat])),
    };
  }
  // refused for the release's own sake: the slot is there still
  return isLoss(reply) ? reply : { code: "NODE_EXISTS", failed: "slot" };
}

/** RELIVE: a sign of life of a new session. */
export const relive = (
  session: Session,
  path: string,
  liveName: string,
): Promise<CreateReply> =>
  session.create(`${path}/${liveName}`, EMPTY, "ephemeral");

/** RE-ASSERT: the quorum says that the holder is ours, and that this session is known to be alive. */
export const reassert = (
  path: string,
  liveName: string,
  mirror: string | null,
): Operation[] => [
  check("holder", path),
  check("live", `${path}/${liveName}`),
  ...keepMirror(mirror), // CHEF-ACT
];

/** RECORD: at the version that this run knows, so that a late one undoes nothing (RECORD-VERSION). */
export const record = (
  path: string,
  liveName: string,
  data: HolderRecord,
  version: number,
  mirror: string | null,
): Operation[] => [
  check("live", `${path}/${liveName}`), // only a live run writes: an adopter is never written over
  set("holder", path, encodeHolder(data), version),
  ...keepMirror(mirror), // CHEF-ACT
];

/** What is to be taken away, and what stays. */
export interface Leaving {
  paths: LockPaths;
  slot: number;
  id: string;
  /** Names of its live nodes, as far as known. */
  lives: readonly string[];
  /** Members of the slot that keep it; none: the slot goes too. */
  others: readonly string[];
  /** Path of the Chef lock that goes with the slot, or that nobody else in it needs. */
  mirror: string | null;
}

/** RELEASE and CLEAR: the holder, its live nodes, and the slot if nobody else is in it. */
export function release(
  { paths, slot, id, lives, others, mirror }: Leaving,
  history: Operation[],
): Operation[] {
  const s = `${paths.holders}/${slot}`;
  return [
    ...lives.map((name) => remove("live", `${s}/${id}/${name}`)),
    remove("holder", `${s}/${id}`), // its name is its own: no other is taken for it
    // WITNESS: two who leave at once do not leave the slot to each other
    ...(others.length === 0
      ? [remove("slot", s)]
      : others.map((name) => check("other", `${s}/${name}`))),
    ...freeMirror(mirror), // CLEAR-MIRROR
    ...history,
  ];
}

/** FAIL: u is marked, its run is gone, and L has another version, so that grants in flight fail. */
export const fail = (
  path: string,
  lives: readonly string[],
  data: HolderRecord,
  lock: { path: string; data: Buffer; version: number },
  history: Operation[],
): Operation[] => [
  set("holder", path, encodeHolder(data)), // at any version: it is the last word of its run
  ...lives.map((name) => remove("live", `${path}/${name}`)), // LAST-RELIVE
  set("lock", lock.path, lock.data, lock.version), // FAIL-BUMP; FAIL-VERSION: it undoes no hold
  ...history,
];

/** ABANDON: the holder stays as it is, without a sign of life. */
export const abandon = (
  session: Session,
  path: string,
  liveName: string,
): Promise<Reply> => session.remove(`${path}/${liveName}`);

/** POISON: L as it was, if it is as it was: a grant in flight that names its version fails. */
export const poison = (
  session: Session,
  lock: string,
  known: { data: Buffer; version: number },
): Promise<DataReply> => session.setData(lock, known.data, known.version);

/** QCHECK, and the barrier before a read that must not be old: the quorum is asked. */
export const quorumCheck = (
  session: Session,
  as: string,
  path: string,
): Promise<MultiReply> => session.multi([check(as, path)]);

/** HOLD, UNHOLD, LIMITS, MIRRORS: L under its version; slots that are no longer to be are empty at that moment. */
export const writeLock = (
  paths: LockPaths,
  data: LockData,
  version: number,
  emptySlots: readonly { path: string; exists: boolean }[],
  history: Operation[],
): Operation[] => [
  set("lock", paths.lock, encodeLock(data), version),
  ...emptySlots.flatMap(({ path, exists }) => [
    ...(exists ? [] : [create("slot", path)]),
    remove("slot", path), // fails if somebody is in it
  ]),
  ...history,
];

/** One record of history, part of the act that it is of. */
export const recordHistory = (
  paths: LockPaths,
  prefix: string,
  data: Buffer,
): Operation[] => [
  create("history", `${paths.history}/${prefix}`, data, "persistentSequential"),
];

/** The same for what is no act on the lock itself. */
export const createHistory = (
  session: Session,
  paths: LockPaths,
  prefix: string,
  data: Buffer,
): Promise<CreateReply> =>
  session.create(`${paths.history}/${prefix}`, data, "persistentSequential");

/** A record too many. */
export const trimHistory = (
  session: Session,
  paths: LockPaths,
  name: string,
): Promise<Reply> => session.remove(`${paths.history}/${name}`);

/** CLEAR of a waiter: one that blocks the queue and is nobody's. */
export const clearWaiter = (
  waiter: string,
  history: Operation[],
): Operation[] => [remove("waiter", waiter), ...history];

/** CLEAR of a Chef node's lock, at the version that was shown. */
export const clearChef = (
  path: string,
  version: number,
  history: Operation[],
): Operation[] => [remove("mirror", path, version), ...history];

import { lockedAction } from "../../text/command";
import { isLoss, type DataReply, type Reply } from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import type { Watcher } from "../../zookeeper/watches";
import { chefHalf } from "../chef/chef-half";
import { readChefHolder } from "../chef/chef-holder";
import { placeOf, viewOf } from "../describe";
import { LockRefused } from "../errors";
import { readForeign } from "../tree/foreign";
import {
  decodeName,
  isWaiterName,
  lockPath,
  pathsOf,
  queued,
  type LockPaths,
} from "../tree/paths";
import { readHolders } from "../tree/read-holders";
import { readAnswered, readSettled } from "../tree/read-settled";
import { decodeHolder, decodeLock, type LockData } from "../tree/records";
import { refusal } from "../tree/refusal";
import {
  countsAsFailed,
  type ChefHolder,
  type HolderView,
  type Hold,
  type Limits,
  type Member,
  type WaiterView,
} from "../types";

/** One lock, as an operator sees it. */
export interface LockView {
  name: string;
  path: string;
  limits: Limits;
  hold: Hold | null;
  holders: HolderView[];
  /** In the order in which they will be granted. */
  waiters: WaiterView[];
  /** So many wait behind these, whose records were not asked for. */
  more: number;
  /** Who else has a Chef lock that is held together with this one. */
  chef: ChefHolder[];
  /** Paths of those Chef locks. */
  mirrors: string[];
  /** Paths of nodes in it that are nobody's: they block nothing. Told of one lock alone, not in a list. */
  foreign: string[];
  /** Names of holders whose Chef lock is gone or another's: a run that takes them over makes it again first. */
  withoutChef: string[];
  /** So many holders failed that nobody new is granted. */
  blockedByFailures: boolean;
}

/**
 * All locks below a root that these credentials may read, by name: others may
 * share it, with credentials of their own. `most`: waiters of each that are read.
 * @throws LockUnavailable, LockRefused if all of them are closed
 */
export async function listLocks(
  session: Session,
  root: string,
  most = Infinity,
): Promise<LockView[]> {
  const reply = await readSettled(session, () => session.getChildren(root));
  if (reply.code === "NO_NODE") return [];
  if (reply.code !== "OK") throw refusal(reply, `listing ${root}`, session);
  const closed: LockRefused[] = [];
  const views = await Promise.all(
    reply.children!.sort().map((child) =>
      view(session, root, child, most).catch((error: unknown) => {
        if (!(error instanceof LockRefused && error.code === "NO_AUTH"))
          throw error;
        closed.push(error);
        return null;
      }),
    ),
  );
  const readable = views.filter((each) => each !== null);
  if (readable.length === 0 && closed[0]) throw closed[0];
  return readable;
}

/** What of a lock is looked at. */
export interface Look {
  /** Waiters that are read. @default all */
  most?: number;
  /** A Chef lock that is looked at too, and alone where nobody of ours has used this lock yet. */
  chef?: string;
}

/** @throws LockRefused if there is no such lock */
export async function describeLock(
  session: Session,
  root: string,
  name: string,
  { most = Infinity, chef }: Look = {},
): Promise<LockView> {
  const path = lockPath(root, name);
  const segment = path.split("/").at(-1)!;
  const found = await view(session, root, segment, most, chef);
  if (found) {
    const { maxHolders } = found.limits;
    const others = await readForeign(session, pathsOf(path), maxHolders);
    const foreign = [...new Set([...found.foreign, ...others])].sort();
    return { ...found, foreign };
  }
  throw new LockRefused(
    `lock ${name}: there is none at ${path} of ${session.servers}`,
    [
      `it is made by its first user; see those that are there: ${lockedAction(placeOf(session, path), "list")}`,
    ],
  );
}

/** Those who hold a lock; of one that is not there nobody does. @throws LockUnavailable, LockRefused */
export async function readHoldersOf(
  session: Session,
  path: string,
): Promise<HolderView[]> {
  const paths = pathsOf(path);
  const { holders } = await readAnswered(session, paths.holders, () =>
    readHolders(session, paths),
  );
  const date = session.system.date();
  return holders.map((each) => viewOf(each, date));
}

async function view(
  session: Session,
  root: string,
  segment: string,
  most: number,
  also?: string,
): Promise<LockView | null> {
  const path = `${root}/${segment}`;
  const paths = pathsOf(path);
  const lock = await readLimits(session, path, also);
  if (!lock) return null;
  const [{ holders: members }, { waiters, more, foreign }, ...chefs] =
    await Promise.all([
      readAnswered(session, paths.holders, () => readHolders(session, paths)),
      readAnswered(session, paths.waiters, () =>
        readWaiters(session, paths.waiters, most),
      ),
      ...lock.mirrors.map((mirror) =>
        readAnswered(session, mirror, () =>
          readChefHolder(session, mirror, paths),
        ),
      ),
    ]);
  const date = session.system.date();
  const { limits, hold, mirrors } = lock;
  return {
    name: decodeName(segment),
    path,
    limits,
    hold,
    mirrors,
    holders: members.map((each) => viewOf(each, date)),
    waiters,
    more,
    foreign,
    withoutChef: await withoutChef(session, paths, lock.mirrors, members),
    chef: chefs.flatMap(({ chef }) => chef ?? []),
    blockedByFailures:
      members.filter(countsAsFailed).length >= lock.limits.maxFailures,
  };
}

const UNUSED: LockData = {
  limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
  hold: null,
  mirrors: [],
};

/** L; null if there is none, or something else lives there. With a Chef lock, nobody of ours may have used it yet. */
async function readLimits(
  session: Session,
  path: string,
  chef: string | undefined,
): Promise<LockData | null> {
  const reply = await readSettled(session, () => session.getData(path));
  if (reply.code !== "OK" && reply.code !== "NO_NODE")
    throw refusal(reply, `reading ${path}`, session);
  const unused = reply.code === "NO_NODE" && chef !== undefined;
  const lock = unused ? UNUSED : reply.data && decodeLock(reply.data);
  if (!lock || chef === undefined) return lock ?? null;
  return { ...lock, mirrors: [...new Set([...lock.mirrors, chef])] };
}

/** Each holder that names a Chef lock of this lock which is not its own any more. */
async function withoutChef(
  session: Session,
  paths: LockPaths,
  mirrors: readonly string[],
  members: readonly Member[],
): Promise<string[]> {
  const named = members.filter(
    ({ record }) => record?.mirror && mirrors.includes(record.mirror),
  );
  const lost = await Promise.all(
    named.map(async ({ slot, record }) => {
      const [mirror, made] = await Promise.all(
        [record!.mirror!, `${paths.holders}/${slot}`].map((path) =>
          readSettled(session, () => session.getData(path)),
        ),
      );
      return chefHalf(mirror!, made!) !== "ours";
    }),
  );
  return named.filter((_, i) => lost[i]).map(({ id }) => id);
}

interface WaitersReply extends Reply {
  waiters: WaiterView[];
  /** Waiters, by their names, behind those that were read. */
  more: number;
  /** Paths of children that are no waiters: of another name, or persistent. */
  foreign: string[];
}

/** Read at once. */
const BATCH = 500;

/** The first `most` of them with their records. */
async function readWaiters(
  session: Session,
  path: string,
  most: number,
): Promise<WaitersReply> {
  const reply = await session.getChildren(path);
  const names = reply.children ?? [];
  const [ours, others] = [
    queued(names.filter(isWaiterName)),
    names.filter(isOther),
  ];
  const foreign = others.map((name) => `${path}/${name}`);
  const waiters: WaiterView[] = [];
  let { code } = reply;
  let at = 0;
  while (at < ours.length && waiters.length < most) {
    const batch = ours.slice(at, at + Math.min(BATCH, most - waiters.length));
    at += batch.length;
    const replies = await Promise.all(
      batch.map((id) => readWaiter(session, `${path}/${id}`)),
    );
    for (const [i, { data, stat, ...answer }] of replies.entries()) {
      if (isLoss(answer)) code = answer.code;
      const id = batch[i]!;
      if (!stat) continue; // gone meanwhile
      if (stat.ephemeral) {
        const age = Math.max(0, (session.system.date() - stat.ctime) / 1000);
        waiters.push({ id, record: decodeHolder(data), age });
      } else foreign.push(`${path}/${id}`); // made by hand
    }
  }
  return { code, waiters, more: ours.length - at, foreign };
}

/** What is closed to these credentials waits all the same. */
async function readWaiter(session: Session, path: string): Promise<DataReply> {
  const reply = await session.getData(path);
  return reply.code === "NO_AUTH" ? session.exists(path) : reply;
}

const isOther = (name: string) => !isWaiterName(name);

/** Calls `changed` once, at the next change of the lock, its holders, its queue or its Chef lock. */
export async function watchLock(
  session: Session,
  { path, holders, mirrors }: LockView,
  changed: Watcher,
): Promise<void> {
  const paths = pathsOf(path);
  await Promise.all([
    session.getData(paths.lock, changed),
    session.getChildren(paths.holders, changed),
    session.getChildren(paths.waiters, changed),
    // its parent: reads leave no watch on what is not there
    ...mirrors.map((mirror) => session.getChildren(parentOf(mirror), changed)),
    ...holders.flatMap((holder) => [
      session.getData(holder.path, changed),
      session.getChildren(holder.path, changed),
    ]),
  ]);
}

const parentOf = (path: string) => path.slice(0, path.lastIndexOf("/"));

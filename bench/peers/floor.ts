/**
 * The transactions of the lock, and its watches, without the lock: no look at
 * who else holds, no doubt settled, no crash survived. It is what server and
 * client alone take for a lock whose holders outlive their processes: no code of
 * ours could be faster.
 */
import {
  check,
  create,
  EMPTY,
  remove,
  set,
  type Operation,
} from "../../core/zookeeper/operations";
import type { Session } from "../../core/zookeeper/session";
import type { Grip } from "./contender";

/** As long as a holder's record. */
const RECORD = Buffer.alloc(220, "x");

const nodesOf = (path: string) => {
  const slot = `${path}/holders/0`;
  const holder = `${slot}/a57abe0192b12b4e-41ff1ff51cd34600`;
  return {
    ...{ waiters: `${path}/waiters`, holders: `${path}/holders` },
    ...{ slot, holder, live: `${holder}/l-41ff1ff51cd3` },
  };
};

function operationsOf(path: string) {
  const { slot, holder, live } = nodesOf(path);
  const take: Operation[] = [
    create("slot", slot, Buffer.from("host")),
    create("holder", holder),
    set("stamp", holder, RECORD),
    create("live", live, EMPTY, "ephemeral"),
  ];
  const give = [
    remove("live", live),
    remove("holder", holder),
    remove("slot", slot),
  ];
  return { take, give };
}

async function done(
  session: Session,
  operations: Operation[],
  what: string,
): Promise<void> {
  const { code, failed } = await session.multi(operations);
  if (code !== "OK") throw new Error(`floor: ${what}: ${code} of ${failed}`);
}

async function prepare(session: Session, path: string): Promise<void> {
  const { waiters, holders } = nodesOf(path);
  for (const node of ["/bench", path, waiters, holders])
    await session.create(node);
}

/** Resolves when the node is gone. */
async function gone(session: Session, node: string): Promise<void> {
  await new Promise<void>((resolve, fail) => {
    session
      .getData(node, () => resolve())
      .then(({ code }) => {
        if (code === "NO_NODE") resolve();
      }, fail);
  });
}

/** In a queue: QUEUE, the wait for the one before, that for the holder, TAKE; RELEASE. */
export function floorGrip(session: Session, path: string): Grip {
  const { waiters, holder } = nodesOf(path);
  const { take, give } = operationsOf(path);

  async function enqueue(): Promise<string> {
    const { path: made } = await session.create(
      `${waiters}/w-`,
      RECORD,
      "ephemeralSequential",
    );
    if (made) return made;
    await prepare(session, path);
    return enqueue();
  }

  return {
    async acquire() {
      const own = await enqueue();
      const { children = [] } = await session.getChildren(waiters);
      const names = children.sort();
      const before = names[names.indexOf(own.split("/").at(-1)!) - 1];
      if (before) await gone(session, `${waiters}/${before}`);
      await gone(session, holder);
      const head = [check("lock", path), remove("waiter", own)];
      await done(session, [...head, ...take], "take");
    },
    release: () => done(session, give, "release"),
  };
}

/** Alone: FAST and RELEASE. */
export function aloneGrip(session: Session, path: string): Grip {
  const { waiters } = nodesOf(path);
  const { take, give } = operationsOf(path);
  const nobodyWaits = [
    remove("waiters", waiters),
    create("new waiters", waiters),
  ];
  const fast = [check("lock", path), ...nobodyWaits, ...take];
  let ready: Promise<void> | null = null;
  return {
    async acquire() {
      await (ready ??= prepare(session, path));
      await done(session, fast, "fast");
    },
    release: () => done(session, give, "release"),
  };
}

import { EMPTY } from "../../core/zookeeper/operations";
import type { Session } from "../../core/zookeeper/session";
import type { Grip } from "./contender";

/**
 * The least that a lock with persistent holders can do: the release is a write,
 * its event wakes the next in the queue, and that one's first act is a write
 * too. No look at who holds, no doubt is settled, no crash survived: it is no
 * lock, but what the server alone takes for the hand-off of one.
 */
export function floorGrip(session: Session, path: string): Grip {
  const queue = `${path}/waiters`;
  const holder = `${path}/holder`;
  let own = "";

  async function enqueue(): Promise<string> {
    const { path: made } = await session.create(
      `${queue}/w-`,
      EMPTY,
      "ephemeralSequential",
    );
    if (made) return made;
    for (const node of ["/bench", path, queue, holder])
      await session.create(node);
    return enqueue();
  }

  /** Until the one before is gone. */
  async function wait(): Promise<void> {
    const { children = [] } = await session.getChildren(queue);
    const names = children.sort();
    const before = names[names.indexOf(own.split("/").at(-1)!) - 1];
    if (!before) return;
    await new Promise<void>((gone, fail) => {
      session
        .getData(`${queue}/${before}`, () => gone())
        .then(({ code }) => {
          if (code === "NO_NODE") gone();
        }, fail);
    });
  }

  return {
    async acquire() {
      own = await enqueue();
      await wait();
      await session.setData(holder, Buffer.from(own), -1);
    },
    async release() {
      await session.remove(own);
    },
  };
}

/** The same for who is alone: a write to come, a write to go, each of one operation. */
export function aloneGrip(session: Session, path: string): Grip {
  const node = `${path}/holder`;

  async function enter(): Promise<void> {
    const { code } = await session.create(node, EMPTY, "ephemeral");
    if (code !== "NO_NODE") return;
    for (const parent of ["/bench", path]) await session.create(parent);
    return enter();
  }

  return {
    acquire: enter,
    release: async () => void (await session.remove(node)),
  };
}

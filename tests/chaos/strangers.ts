/** Who shares ZooKeeper with the lock and is none of its users: nodes that somebody made by hand, and a Chef node. */
import { setTimeout as pause } from "node:timers/promises";
import { remove } from "../../core/zookeeper/operations";
import { isLoss, type Reply } from "../../core/zookeeper/replies";
import type { Session } from "../../core/zookeeper/session";
import type { Report } from "./checker";
import type { Dice } from "./dice";
import { CHEF_ROOT, CLOSED, LOCKS, ROOT } from "./locks";
import type { Tree } from "./tree";
import type { Transaction } from "./transactions";

/** Tries, and milliseconds between them: servers are killed meanwhile. */
const TRIES = 600;
const LULL = 50;

/** Asks until there is an answer. */
async function surely<R extends Reply>(ask: () => Promise<R>): Promise<R> {
  for (let tries = 1; ; tries++) {
    const reply = await ask();
    if (!isLoss(reply)) return reply;
    if (tries === TRIES) throw new Error(`${reply.code}, ${TRIES} times`);
    await pause(LULL);
  }
}

/** One that would be the first in the queue, if it were a waiter; and whatever is no part of a lock. */
const STRAY = [
  ...[`waiters/${"f".repeat(16)}-${"f".repeat(16)}-0000000000`],
  ...["stray", "waiters/stray", "holders/stray", "history/stray"],
];

export async function putForeignNodes(
  session: Session,
  dice: Dice,
): Promise<void> {
  const open = LOCKS.filter(({ name }) => name !== CLOSED);
  const paths = STRAY.map((name) => `${ROOT}/${dice.of(open).name}/${name}`);
  for (const path of paths) await surely(() => session.create(path));
  await pause(dice.between(1, 400));
  for (const path of paths) await surely(() => session.remove(path));
}

export const CHEF_LOCK = `${CHEF_ROOT}/web`;
const CHEF_NODE = "web9.example.com";

/** One run of the Chef node, as the cookbook has it: takes the lock if it is free, or is its own of a run that crashed. */
export async function runChef(session: Session, dice: Dice): Promise<void> {
  await surely(() => session.create(CHEF_ROOT));
  await surely(() =>
    session.create(CHEF_LOCK, Buffer.from(CHEF_NODE), "persistent"),
  );
  // what is in doubt, or is there already, is known by its data
  const { data } = await surely(() => session.getData(CHEF_LOCK));
  if (data?.toString() !== CHEF_NODE) return; // one of ours has it
  await pause(dice.between(1, 150));
  // it crashed: its lock stands until its next run
  if (dice.chance(0.3)) await pause(dice.between(100, 1500));
  await surely(() => session.multi([remove("chef", CHEF_LOCK, 0)]));
}

/** Who of the two has the Chef lock: nobody of ours comes while the Chef node has it, nor it while one of ours is there. */
export class ChefRule {
  private chefs = false;

  constructor(private readonly lock: string) {}

  check(tree: Tree, { changes, zxid }: Transaction, report: Report): void {
    const granted = changes.filter(
      ({ kind, path }) =>
        kind === "create" && HOLDER.exec(path)?.[1] === this.lock,
    );
    for (const { path } of this.chefs ? granted : [])
      report("beside Chef", `${path} at zxid ${zxid}`);
    for (const { kind, path, data } of changes) {
      if (path !== CHEF_LOCK) continue;
      if (kind === "delete") this.chefs = false;
      if (kind !== "create") continue;
      this.chefs = data === CHEF_NODE;
      const [holder] = tree.state(this.lock)?.holders ?? [];
      if (this.chefs && holder)
        report("beside Chef", `Chef came, ${holder.id}, at zxid ${zxid}`);
    }
  }
}

const HOLDER = /^(.*)\/holders\/\d+\/[^/]+$/;

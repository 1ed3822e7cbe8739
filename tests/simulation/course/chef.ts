import { setTimeout as pause } from "node:timers/promises";
import { mirrorPath } from "../../../core/lock";
import { settle, upToDate, within } from "../../../core/lock/tree/settle";
import { parseServers } from "../../../core/zookeeper/servers";
import { Session } from "../../../core/zookeeper/session";
import type { Dice } from "../../chaos/dice";
import { NAME, type Course } from "./worker";

/**
 * A Chef node with the cookbook's lock: it makes the znode if it is not there,
 * works, and deletes it. After a crash its next run finds its own name in the
 * znode, and takes it for its own.
 */
export class ChefNode {
  constructor(
    private readonly course: Course,
    private readonly name: string,
    private readonly dice: Dice,
  ) {}

  async run(): Promise<void> {
    const { plan, connect, note, judge } = this.course;
    const { dice, name } = this;
    const path = mirrorPath(plan.chef!, NAME);
    const session = new Session({
      servers: parseServers(connect),
      sessionTimeout: plan.sessionTimeout,
    });
    await session.ready({ within: 1e6 });
    await session.create("/chef", undefined, "persistent", "anyone");
    const data = Buffer.from(name);
    for (let runs = 0; runs < 3; runs++) {
      await pause(dice.next() * plan.length);
      const { code } = await session.create(path, data, "persistent", "anyone");
      if (code !== "OK" && dice.chance(0.07)) {
        note(name, "somebody deletes the Chef lock");
        judge.deeds.chefByHand = true;
        await session.remove(path);
      }
      if (code !== "OK") {
        const found = await session.getData(path);
        // what has its own name is what its last run left
        if (!found.data?.equals(data)) continue;
      }
      note(name, "has the Chef lock");
      await pause(dice.next() * plan.length * 0.3);
      if (dice.chance(0.2)) {
        note(name, "crashes");
        continue;
      }
      note(name, "gives the Chef lock back");
      await session.remove(path);
    }
    await this.leave(session, path, data);
  }

  /** At its end it leaves nothing, whatever answers are lost: the course is to come to rest. */
  private async leave(session: Session, path: string, data: Buffer) {
    const until = within(session, 1e6);
    const left = await upToDate(session, path, until, () =>
      session.getData(path),
    );
    if (left.data?.equals(data))
      await settle(session, until, () => session.remove(path));
  }
}

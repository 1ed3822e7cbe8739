import { expect } from "chai";
import type { Held } from "../../core/lock";
import { sequenceOf } from "../../core/lock/tree/paths";
import type { Reply } from "../../core/zookeeper/replies";
import { eventually } from "../support/eventually";
import { newLock, useLab, type Over } from "./lab";
import { heldUp, isGrant, type Fate } from "./scripted-session";

/** So many at the same time. */
const AT_ONCE = 8;

describe("a session lost at any request", () => {
  const lab = useLab();

  const scenes: Record<string, { waits: boolean; over?: Over }> = {
    "of a free lock's acquire and release": { waits: false },
    "of a wait, grant and release": { waits: true },
    "of a join": { waits: false, over: { group: "g" } },
  };

  for (const [where, { waits, over }] of Object.entries(scenes))
    it(`${where}: the lock is got once, and nothing is left`, async () => {
      const theirs = await lab.session();
      /** @returns whether all was over before */
      const lostAt = async (k: number): Promise<boolean> => {
        const lock = newLock(over);
        const member = over && (await lab.get(lock.by("other"), theirs));
        const holder = waits && (await lab.get(lock.by("other"), theirs));
        const ours = await lab.session();
        ours.script = ({ index }) =>
          index === k ? { after: () => ours.loseSession() } : undefined;
        const contender = await lab.contend(lock.by("web1"), ours);
        if (holder) {
          await contender.tells();
          await holder.release();
        }
        const held = await contender.gets();
        await held.reassert();
        expect(await lab.holders(lock)).to.include(held.id);
        await held.release();
        expect(await lab.holders(lock)).not.to.include(held.id);
        await member?.release();
        const done = ours.requests.length <= k;
        await lab.isEmpty(lock);
        await ours.close();
        return done;
      };
      for (let k = 0, done: boolean | undefined = false; !done; k += AT_ONCE) {
        expect(k).to.be.below(60);
        const next = Array.from({ length: AT_ONCE }, (_, i) => lostAt(k + i));
        done = (await Promise.all(next)).at(-1);
      }
    });
});

describe("a session lost with a grant under way", () => {
  const lab = useLab();

  it("that arrives later does nothing, though the new waiter has the number of the old one", async () => {
    const lock = newLock();
    const before = await lab.get(lock.by("x"));
    const session = await lab.session();
    const contender = await lab.contend(lock.by("a"), session);
    await contender.waits();
    const [old] = await lab.waiters(lock);
    const { until: late, goOn: arrive } = heldUp();
    let between!: Held;
    let answer: Reply | undefined;
    const grants: Fate[] = [
      { before: () => session.loseSession(), late },
      // the lock is taken meanwhile; waiters are counted anew
      { before: async () => (between = await lab.get(lock.by("y"))) },
      {
        before: async () => {
          arrive();
          [answer] = await Promise.all(session.arrived);
        },
      },
    ];
    session.script = (request) =>
      isGrant(request) ? grants.shift() : undefined;
    await before.release();
    await eventually("it has a new waiter", () => between);
    await contender.waits();
    const [now] = await lab.waiters(lock);
    expect(sequenceOf(now!)).to.equal(sequenceOf(old!));
    await between.release();
    const { code } = await eventually("it has arrived", () => answer);
    expect(code).to.equal("NO_NODE");
    const held = await contender.gets();
    expect(held.adopted).to.equal(null);
    await held.release();
    await lab.isEmpty(lock);
  });
});

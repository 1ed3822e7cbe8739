import { expect } from "chai";
import { LockCancelled } from "../../core/lock";
import { eventually } from "../support/eventually";
import { sideBySide } from "../support/side-by-side";
import { newLock, useLab, type Over } from "./lab";
import type { Fate, Script } from "./scripted-session";

/** Something happens at the k-th request. */
const atRequest =
  (k: number, fate: Fate): Script =>
  ({ index }) =>
    index === k ? fate : undefined;

describe("a cancel at any request leaves nothing of ours", () => {
  const lab = useLab(after);
  const it = sideBySide();

  interface Scene {
    /** Whether somebody holds the lock for the whole time, until it is looked whether anything is left. */
    held: boolean;
    /** Made before. */
    exists: boolean;
    /** Our own holder of before, failed. */
    owed?: boolean;
    over?: Over;
  }

  const scenes: Record<string, Scene> = {
    "on a lock that does not exist": { held: false, exists: false },
    "on a free lock": { held: false, exists: true },
    "in the queue": { held: true, exists: true },
    "while adopting": { held: false, exists: true, owed: true },
    "while joining": { held: true, exists: true, over: { group: "g" } },
  };
  const fates: Record<string, Fate> = {
    answered: {},
    "answer lost": { lose: "reply" },
    "request lost": { lose: "request" },
  };

  for (const [where, scene] of Object.entries(scenes))
    for (const [how, fate] of Object.entries(fates))
      it(`${where}, ${how}`, async () => {
        const [ours, theirs] = [await lab.session(), await lab.session()];
        const cancelled: number[] = [];
        for (let k = 0, done = false; !done; k++) {
          expect(k).to.be.below(60);
          const lock = newLock(scene.over);
          const first = scene.owed ? "web1" : "other";
          const before =
            scene.exists && (await lab.get(lock.by(first), theirs));
          if (before && scene.owed)
            await before.fail({ step: "act", reason: "x", at: "2026-01-01" });
          else if (before && !scene.held) await before.release();
          ours.requests.length = 0;
          const cancel = () => contender.cancel();
          ours.script = atRequest(k, {
            ...fate,
            ...(fate.lose === "request"
              ? { before: cancel }
              : { after: cancel }),
          });
          const contender = await lab.contend(lock.by("web1"), ours);
          const idle = contender.tells().catch(() => {});
          await Promise.race([contender.ended, idle]);
          if (!contender.held && !contender.error) {
            done = true; // it waits, and was not cancelled on its way
            contender.cancel();
          }
          await contender.ended;
          ours.script = () => {};
          if (contender.error) {
            expect(contender.error).to.be.instanceOf(LockCancelled);
            if (!done) cancelled.push(k);
          } else {
            done ||= ours.requests.length <= k;
            await contender.held!.release();
          }
          expect(await lab.waiters(lock)).to.deep.equal([]);
          const left = (await lab.tree(lock)).filter((path) =>
            /^holders\/\d+/.test(path),
          );
          const kept = contender.held ? 0 : scene.owed ? 2 : 0;
          if (scene.held) expect(left).to.have.length(3);
          else expect(left).to.have.length(kept);
        }
        expect(cancelled).to.include(0);
      });
});

describe("a cancel while ZooKeeper cannot be reached", () => {
  const lab = useLab(after);
  const it = sideBySide();

  for (const first of [true, false])
    it(`takes ${first ? "the first" : "another"} waiter away later, though its session lives on`, async () => {
      const lock = newLock();
      const holder = await lab.get(lock.by("a"));
      const before = first ? null : await lab.contend(lock.by("b"));
      await before?.waits();
      const proxy = await lab.proxy();
      const servers = lab.servers(proxy.connect);
      const session = await lab.session({ servers });
      const contender = await lab.contend(lock.by("c"), session);
      await contender.waits();
      proxy.mode = "refuse";
      proxy.cut();
      await session.suspended();
      contender.cancel();
      expect(await contender.fails()).to.be.instanceOf(LockCancelled);
      proxy.mode = "ok";
      await session.ready({ within: 8000 });
      expect(session.epoch).to.equal(1); // it did not go with its session
      const rest = before ? 1 : 0;
      await eventually("its waiter is gone", async () => {
        return (await lab.waiters(lock)).length === rest;
      });
      await holder.release();
      await (await before?.gets())?.release();
      await lab.isEmpty(lock);
    });
});

import { expect } from "chai";
import type { Watcher } from "../../core/zookeeper/watches";
import { parseServers } from "../../core/zookeeper/servers";
import type { Contender } from "./contender";
import { newLock, useLab } from "./lab";
import { ScriptedSession } from "./scripted-session";

/** A session that counts what its watches tell. */
class Listening extends ScriptedSession {
  events = 0;
  private readonly counting = new Map<Watcher, Watcher>();

  private counted(watcher?: Watcher): Watcher | undefined {
    if (!watcher) return undefined;
    let wrapped = this.counting.get(watcher);
    if (!wrapped) {
      wrapped = (...event) => {
        this.events += 1;
        watcher(...event);
      };
      this.counting.set(watcher, wrapped);
    }
    return wrapped;
  }
  override getData(path: string, watcher?: Watcher) {
    return super.getData(path, this.counted(watcher));
  }
  override getChildren(path: string, watcher?: Watcher) {
    return super.getChildren(path, this.counted(watcher));
  }
}

describe("the price of a lock", () => {
  const lab = useLab();

  it("is one round trip to acquire and one to release, once the path exists", async () => {
    const lock = newLock();
    const session = await lab.session();
    await (await lab.get(lock.by("a"), session)).release();
    session.take();
    const held = await lab.get(lock.by("b"), session);
    expect(session.take().map(({ kind }) => kind)).to.deep.equal(["multi"]);
    await held.release({ kind: "acted" });
    expect(session.take().map(({ kind }) => kind)).to.deep.equal(["multi"]);
  });

  it("is at most 10 requests for a contended acquire and release", async () => {
    const lock = newLock();
    const sessions = [await lab.session(), await lab.session()];
    const cycles = 20;
    await Promise.all(
      sessions.map(async (session, i) => {
        for (let n = 0; n < cycles; n++)
          await (await lab.get(lock.by(`t${i}`), session)).release();
      }),
    );
    const all = sessions.flatMap((session) => session.take());
    expect(all.length / (2 * cycles)).to.be.at.most(10);
  });

  for (const waiters of [2, 20])
    it(`is at most 2 wake-ups a release with ${waiters} waiters`, async () => {
      const lock = newLock();
      const sessions = await Promise.all(
        Array.from({ length: waiters }, async () => {
          const session = new Listening({
            servers: parseServers(lab.server.connect),
            sessionTimeout: 8000,
          });
          await session.ready({ within: 20_000 });
          return session;
        }),
      );
      try {
        let holder = await lab.get(lock.by("first"));
        const contenders: Contender[] = [];
        for (const [i, session] of sessions.entries()) {
          const contender = await lab.contend(lock.by(`t${i}`), session);
          await contender.waits();
          contenders.push(contender);
        }
        for (const [i, contender] of contenders.entries()) {
          for (const session of sessions) session.events = 0;
          await holder.release();
          holder = await contender.gets();
          await contenders[i + 1]?.leads();
          // an answer comes after all events of before
          await Promise.all(sessions.map((session) => session.exists("/")));
          const woken = sessions.filter(({ events }) => events > 0);
          expect(woken.length).to.be.at.most(2);
        }
        await holder.release();
      } finally {
        await Promise.all(sessions.map((session) => session.close()));
      }
    });

  it("is no wake-up at all for who waits further back", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const session = await lab.session();
    const first = await lab.contend(lock.by("b"));
    await first.waits();
    const second = await lab.contend(lock.by("c"));
    await second.waits();
    const last = await lab.contend(lock.by("d"), session);
    await last.waits();
    session.take();
    await holder.release();
    await (await first.gets()).release();
    await second.gets();
    await last.leads();
    const looks = session
      .take()
      .filter(({ path }) => path === lock.paths.waiters);
    expect(looks).to.have.length(1);
  });
});

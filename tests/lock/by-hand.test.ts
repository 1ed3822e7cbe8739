import { expect } from "chai";
import {
  describeLock,
  hold,
  LimitsDisagree,
  LockLost,
  LockRefused,
  unhold,
} from "../../core/lock";
import type { Session } from "../../core/zookeeper/session";
import { newLock, useLab, type TestLock } from "./lab";
import { heldUp } from "./scripted-session";

/** Deletes a node and all below it, as an operator with zkCli would. */
async function removeAll(session: Session, path: string): Promise<void> {
  const { children = [] } = await session.getChildren(path);
  for (const child of children) await removeAll(session, `${path}/${child}`);
  await session.remove(path);
}

describe("nodes that somebody removed by hand", () => {
  const lab = useLab();

  const goesOn = async (lock: TestLock, session?: Session) => {
    const held = await lab.get(lock.by("b"), session);
    await held.release({ kind: "acted" });
    await lab.isEmpty(lock);
  };

  for (const gone of ["", "/holders", "/waiters", "/history"])
    for (const how of ["after a free lock", "after a wait", "on a new session"])
      it(`are made again: ${gone || "the lock itself"}, ${how}`, async () => {
        const lock = newLock();
        const session = await lab.session();
        const held = await lab.get(lock.by("a"), session);
        const contender = await lab.contend(lock.by("b"), session);
        await contender.waits();
        await held.release();
        await (await contender.gets()).release();
        if (how === "after a free lock") await goesOn(lock, session);
        await removeAll(await lab.session(), lock.path + gone);
        await goesOn(
          lock,
          how === "on a new session" ? await lab.session() : session,
        );
      });

  it("with the root, chroot and all", async () => {
    const lock = newLock();
    const servers = lab.servers(`${lab.server.connect}/by/hand`);
    const session = await lab.session({ servers });
    await (await lab.get(lock.by("a"), session)).release();
    await removeAll(await lab.session(), "/by");
    const held = await lab.get(lock.by("a"), session);
    await held.reassert();
    const { data } = await (await lab.session()).getData("/by/hand/tests");
    expect(data).to.deep.equal(Buffer.alloc(0));
    await held.release();
  });

  for (const gone of ["/waiters", ""])
    it(`while others wait: ${gone || "the whole lock"}`, async () => {
      const lock = newLock();
      await lab.get(lock.by("a"));
      const contenders = [
        await lab.contend(lock.by("b")),
        await lab.contend(lock.by("c")),
      ];
      for (const contender of contenders) await contender.waits();
      await removeAll(await lab.session(), lock.path + gone);
      if (gone) await removeAll(await lab.session(), `${lock.paths.holders}/0`);
      await Promise.all(
        contenders.map(async (contender) => (await contender.gets()).release()),
      );
      await lab.isEmpty(lock);
    });

  it("a waiter: its owner queues again", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const contender = await lab.contend(lock.by("b"));
    await contender.waits();
    const [name] = await lab.waiters(lock);
    await (await lab.session()).remove(`${lock.paths.waiters}/${name}`);
    await holder.release();
    await (await contender.gets()).release();
    await lab.isEmpty(lock);
  });

  it("or left empty: a slot without members is taken", async () => {
    const lock = newLock();
    await (await lab.get(lock.by("a"))).release();
    await (await lab.session()).create(`${lock.paths.holders}/0`);
    await (await lab.get(lock.by("a"))).release();
    await lab.isEmpty(lock);
  });

  it("or overwritten: a holder whose record cannot be read is still one of its group", async () => {
    const lock = newLock({ maxHolders: 2, group: "g" });
    const held = await lab.get(lock.by("a"));
    const session = await lab.session();
    await session.setData(held.path, Buffer.from("web1.example"), -1);
    const mate = await lab.get(lock.by("b"));
    expect(mate.path).to.match(/\/holders\/0\//);
    await Promise.all([held.release(), mate.release()]);
    await lab.isEmpty(lock);
  });

  it("a lock written by hand, at version 0, is used", async () => {
    const lock = newLock();
    const session = await lab.session();
    await session.create("/tests");
    await session.create(lock.path, Buffer.from('{"v":1,"max":1}'));
    await goesOn(lock);
  });

  it("and is put on hold before anybody used it", async () => {
    const lock = newLock();
    const session = await lab.session();
    await session.create("/tests");
    await session.create(lock.path, Buffer.from('{"v":1,"max":1}'));
    const act = { by: "op@x", why: "incident" };
    await hold(session, lock.path, act);
    expect(
      (await describeLock(session, "/tests", lock.name)).hold?.why,
    ).to.equal("incident");
    await unhold(session, lock.path, act);
    await goesOn(lock);
  });

  it("and made anew with another N: who waited is told both, who held that it is lost", async () => {
    const lock = newLock();
    const held = await lab.get(lock.by("a"));
    const session = await lab.session();
    // what becomes of its own waiter it learns at a safety re-check
    const request = lock.by("b", { retryInterval: 0.1 });
    const waiting = await lab.contend(request, session);
    await waiting.waits();
    const { until, goOn } = heldUp();
    session.script = () => ({ before: () => until });
    await removeAll(await lab.session(), lock.path);
    const others = lock.by("c", { maxHolders: 2 });
    const other = await lab.get(others);
    goOn();
    const error = await waiting.fails();
    expect(error).to.be.instanceOf(LimitsDisagree);
    expect(error.message).to.contain("maxHolders 2, asked for 1");
    const lost = await held.reassert().then(
      () => null,
      (error: Error) => error,
    );
    expect(lost).to.be.instanceOf(LockLost);
    expect(await lab.holders(lock)).to.deep.equal([other.id]);
    await other.release();
    await lab.isEmpty(lock);
  });

  it("and made anew with fewer places: who knew the old ones takes none of them", async () => {
    const lock = newLock({ maxHolders: 2 });
    const session = await lab.session();
    await (await lab.get(lock.by("a"), session)).release();
    await removeAll(await lab.session(), lock.path);
    const other = await lab.get(lock.by("c", { maxHolders: 1 }));
    const error = await (await lab.contend(lock.by("a"), session)).fails();
    expect(error).to.be.instanceOf(LimitsDisagree);
    expect(await lab.holders(lock)).to.deep.equal([other.id]);
    await other.release();
    await lab.isEmpty(lock);
  });

  it("another program's node is refused", async () => {
    const lock = newLock();
    const session = await lab.session();
    await session.create("/tests");
    await session.create(lock.path, Buffer.from("web1.example"));
    const contender = await lab.contend(lock.by("a"));
    const error = await contender.fails();
    expect(error).to.be.instanceOf(LockRefused);
    expect(error.message).to.equal(
      `${lock.path} in ZooKeeper is no lock of pulumi-locked-action (data of another program, or of a later version)`,
    );
  });
});

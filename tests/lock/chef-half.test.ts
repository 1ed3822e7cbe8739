import { expect } from "chai";
import {
  ChefLockGone,
  clear,
  clearChef,
  describeLock,
  LockError,
  type Held,
} from "../../core/lock";
import type { Session } from "../../core/zookeeper/session";
import { newLock, useLab, type TestLock } from "./lab";
import { isGrant, once } from "./scripted-session";

const failure = { step: "act", reason: "broken", at: "2026-01-01T00:00:00Z" };
const act = { by: "op@x", why: "that host is gone" };

let count = 0;

/** A lock together with Chef's, below a root of its own, and a request without Chef's. */
function shared() {
  const chef = {
    root: `/half-${++count}`,
    name: "web",
    mode: "tagged",
  } as const;
  const lock = newLock({ group: "rack" });
  return { lock, chef, path: `${chef.root}/web` };
}

describe("the Chef half of a lock that stands", () => {
  const lab = useLab();

  const isOurs = async (session: Session, path: string): Promise<boolean> =>
    (await session.getData(path)).stat?.version === 1;

  const byChefNode = (session: Session, path: string) =>
    session.multi([
      {
        kind: "create",
        as: "chef",
        path,
        data: Buffer.from("web9"),
        mode: "persistent",
        access: "anyone",
      },
    ]);

  /** A failed holder whose Chef lock somebody deleted. */
  async function keptWithoutIt() {
    const { lock, chef, path } = shared();
    const session = await lab.session();
    const kept = await lab.get(lock.by("a", { chef }));
    await kept.fail(failure);
    await session.remove(path);
    return { lock, chef, path, session, kept };
  }

  it("is made again by the adoption of a holder that lost it, in the same transaction", async () => {
    const { lock, chef, path, session } = await keptWithoutIt();
    const adopter = await lab.get(lock.by("a", { chef }));
    expect(adopter.adopted?.state).to.equal("failed");
    const { stat } = await session.getData(path);
    expect(stat).to.include({ version: 1 });
    expect(stat!.czxid.toString()).to.equal(adopter.fencingToken);
    await adopter.release();
    expect((await session.exists(path)).code).to.equal("NO_NODE");
    await lab.isEmpty(lock);
  });

  it("is made again for the one that adopts after that, too", async () => {
    const { lock, chef, path, session } = await keptWithoutIt();
    await (await lab.get(lock.by("a", { chef }))).fail(failure);
    const adopter = await lab.get(lock.by("a", { chef }));
    expect(await isOurs(session, path)).to.equal(true);
    await adopter.release();
    await lab.isEmpty(lock);
  });

  it("is asked for right before the act: gone, or a Chef node's, and nothing begins", async () => {
    const { lock, chef, path } = shared();
    const session = await lab.session();
    const held = await lab.get(lock.by("a", { chef }));
    await held.reassert();
    const acting = { run: "r", runKey: "k", since: "now", deadline: 1 };
    await held.record({ acting });
    await session.remove(path);
    const gone = `lock ${lock.name}: the Chef lock ${path} that goes with it was deleted, or is another's`;
    for (const taken of [false, true]) {
      if (taken) await byChefNode(session, path);
      for (const begin of [
        () => held.reassert(),
        () => held.record({ acting }),
        () => held.record({ drained: true }),
      ]) {
        const error = await begin().catch((e: unknown) => e);
        expect(error).to.be.instanceOf(ChefLockGone);
        expect((error as Error).message).to.equal(gone);
      }
    }
    await held.record({ runKey: "what was done is written all the same" });
    expect(await held.release()).to.deep.equal({ lostMirror: path });
    expect((await session.getData(path)).data?.toString()).to.equal("web9");
    await lab.isEmpty(lock);
  });

  it("is waited for while a Chef node has it, and told", async () => {
    const { lock, chef, path, session, kept } = await keptWithoutIt();
    await byChefNode(session, path);
    const view = await describeLock(session, "/tests", lock.name);
    expect(view.withoutChef).to.deep.equal([kept.id]);
    expect(view.chef.map(({ data }) => data)).to.deep.equal(["web9"]);
    const next = await lab.contend(lock.by("a", { chef }));
    await next.waits();
    expect(await lab.holders(lock)).to.deep.equal([kept.id]);
    await session.remove(path);
    await (await next.gets()).release();
    await lab.isEmpty(lock);
  });

  it("is made by the adoption of a holder that was kept without it", async () => {
    const { lock, chef, path } = shared();
    const session = await lab.session();
    await (await lab.get(lock.by("a"))).fail(failure);
    const adopter = await lab.get(lock.by("a", { chef }));
    expect(await isOurs(session, path)).to.equal(true);
    await adopter.release();
    expect((await session.exists(path)).code).to.equal("NO_NODE");
  });

  it("is waited for by an adoption of a holder that was kept without it", async () => {
    const { lock, chef, path } = shared();
    const session = await lab.session();
    await (await lab.get(lock.by("a"))).fail(failure);
    await session.create(chef.root);
    await byChefNode(session, path);
    const next = await lab.contend(lock.by("a", { chef }));
    await next.waits();
    await session.remove(path);
    await (await next.gets()).release();
    await lab.isEmpty(lock);
  });

  it("is all members' or nobody's: one that needs it waits for a slot that was made without it", async () => {
    const { lock, chef, path } = shared();
    const session = await lab.session();
    const without = await lab.get(lock.by("a"));
    const needs = await lab.contend(lock.by("b", { chef }));
    await needs.waits();
    await without.release();
    const held = await needs.gets();
    const mate = await lab.get(lock.by("c")); // takes it on, and goes last
    await held.release();
    expect(await isOurs(session, path)).to.equal(true);
    await mate.release();
    expect((await session.exists(path)).code).to.equal("NO_NODE");
    await lab.isEmpty(lock);
  });

  it("goes with the one that needed it, if one that does not joined at the moment when it was made", async () => {
    const { lock, chef, path } = shared();
    const [session, joining] = [await lab.session(), await lab.session()];
    await (await lab.get(lock.by("z", { chef }))).release(); // L names it
    await (await lab.get(lock.by("a"))).abandon();
    let adopter!: Held;
    joining.script = once(
      (request) =>
        isGrant(request) &&
        request.operations.some(({ as }) => as === "waiter"),
      {
        before: async () => {
          adopter = await lab.get(lock.by("a", { chef }));
        },
      },
    );
    const contender = await lab.contend(lock.by("b"), joining);
    const mate = await contender.gets();
    await adopter.release();
    expect((await session.exists(path)).code).to.equal("NO_NODE");
    await mate.release();
    await lab.isEmpty(lock);
  });

  it("is made again by a join, if somebody deleted it", async () => {
    const { lock, chef, path } = shared();
    const session = await lab.session();
    const first = await lab.get(lock.by("a", { chef }));
    await session.remove(path);
    const mate = await lab.get(lock.by("b", { chef }));
    expect(await isOurs(session, path)).to.equal(true);
    await Promise.all([first.release(), mate.release()]);
    expect((await session.exists(path)).code).to.equal("NO_NODE");
    await lab.isEmpty(lock);
  });

  /** Says in a holder's record what its Chef lock is. */
  async function forge(session: Session, path: string, mirror: string) {
    const { data } = await session.getData(path);
    const record = JSON.parse(data!.toString()) as object;
    const forged = JSON.stringify({ ...record, mirror });
    await session.setData(path, Buffer.from(forged), -1);
  }

  for (const how of ["a clear", "an adoption and release"])
    it(`is freed only if the lock itself names it: ${how} leaves others' nodes alone`, async () => {
      const lock: TestLock = newLock();
      const session = await lab.session();
      const kept = await lab.get(lock.by("a"));
      await kept.fail(failure);
      const precious = `/precious-${++count}`;
      await session.create(precious);
      await session.setData(precious, Buffer.from("config"), -1);
      await forge(session, kept.path, precious);
      if (how === "a clear")
        expect(await clear(session, lock.path, kept.id, act)).to.equal(
          "removed",
        );
      else await (await lab.get(lock.by("a"))).release();
      expect((await session.exists(precious)).code).to.equal("OK");
      await lab.isEmpty(lock);
    });

  for (const mirror of ["no-slash", "/a/../b", "/a//b", "/", "", "/x\u0000y"])
    it(`that is no path is none: ${JSON.stringify(mirror)}`, async () => {
      const lock = newLock();
      const session = await lab.session();
      const kept = await lab.get(lock.by("a"));
      await kept.fail(failure);
      await forge(session, kept.path, mirror);
      await clear(session, lock.path, kept.id, act);
      await lab.isEmpty(lock);
    });

  it("of a dead Chef node is freed, exactly the one that was shown, audited", async () => {
    const { lock, chef, path } = shared();
    const session = await lab.session();
    await (await lab.get(lock.by("a", { chef }))).release();
    const shown = async () =>
      (await describeLock(session, "/tests", lock.name)).chef[0]!;
    await byChefNode(session, path);
    const first = await shown();
    await session.remove(path);
    await byChefNode(session, path);
    const error = await clearChef(session, lock.path, first, act).catch(
      (error: unknown) => error,
    );
    expect(error).to.be.instanceOf(LockError);
    expect((await session.exists(path)).code).to.equal("OK");
    expect(await clearChef(session, lock.path, await shown(), act)).to.equal(
      true,
    );
    expect((await session.exists(path)).code).to.equal("NO_NODE");
    expect(await clearChef(session, lock.path, first, act)).to.equal(false);
  });
});

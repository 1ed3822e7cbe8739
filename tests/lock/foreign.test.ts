import { expect } from "chai";
import {
  acquire,
  clearWaiter,
  describeLock,
  LockError,
  LockRefused,
  readHistory,
  setLimits,
} from "../../core/lock";
import { newLock, useLab } from "./lab";

const act = { by: "op@x", why: "nobody's" };

describe("nodes in a lock that somebody else put there", () => {
  const lab = useLab();

  /** A lock that was used, with a free slot. */
  async function used(maxHolders = 1) {
    const lock = newLock({ maxHolders });
    const session = await lab.session();
    await (await lab.get(lock.by("z"), session)).release();
    return { lock, session };
  }

  for (const [what, name, mode] of [
    ["of any name", "junk", "persistent"],
    ["in front of all by its number", "junk-0000000000", "persistent"],
    [
      "named like a waiter",
      "aaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-",
      "persistentSequential",
    ],
  ] as const)
    it(`a child of the queue blocks nobody and is told: ${what}`, async () => {
      const { lock, session } = await used();
      const created = await session.create(
        `${lock.paths.waiters}/${name}`,
        Buffer.from("junk"),
        mode,
      );
      const holder = await lab.get(lock.by("a"));
      const next = await lab.contend(lock.by("b"), session);
      await next.waits();
      const last = await lab.contend(lock.by("c"));
      await last.waits();
      const view = await describeLock(session, "/tests", lock.name);
      expect(view.foreign).to.deep.equal([created.path]);
      expect(view.waiters).to.have.length(2);
      await holder.release();
      await (await next.gets()).release();
      await (await last.gets()).release();
      const waiter = created.path!.split("/").at(-1)!;
      expect(await clearWaiter(session, lock.path, waiter, act)).to.equal(true);
      expect(await clearWaiter(session, lock.path, waiter, act)).to.equal(
        false,
      );
      const records = await readHistory(session, lock.paths);
      expect(records.at(-1)).to.include({ kind: "cleared", holder: waiter });
      await lab.isEmpty(lock);
    });

  it("hundreds of them cost one look each, once in a process", async () => {
    const { lock, session } = await used();
    const name = "aaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-";
    await Promise.all(
      Array.from({ length: 300 }, () =>
        session.create(
          `${lock.paths.waiters}/${name}`,
          undefined,
          "persistentSequential",
        ),
      ),
    );
    session.take();
    await (await lab.get(lock.by("a"), session)).release();
    expect(session.take().length).to.be.lessThan(330);
    await (await lab.get(lock.by("a"), session)).release();
    expect(session.take().length).to.be.lessThan(15);
  });

  it("children of the lock, of its holders and of its history block nobody, and stay", async () => {
    const { lock, session } = await used(2);
    const foreign = [
      "holders/abc",
      "holders/-1",
      "holders/7",
      "history/x",
      "other",
    ].map((name) => `${lock.path}/${name}`);
    for (const path of foreign) await session.create(path);
    await session.create(`${lock.paths.holders}/abc/x`, Buffer.from("junk"));
    const held = [await lab.get(lock.by("a")), await lab.get(lock.by("b"))];
    expect(
      new Set(held.map(({ path }) => path.split("/").at(-2))),
    ).to.deep.equal(new Set(["0", "1"]));
    const view = await describeLock(session, "/tests", lock.name);
    expect(view.foreign).to.deep.equal([...foreign].sort());
    for (const each of held) await each.release({ kind: "acted" });
    for (const path of foreign)
      expect((await session.exists(path)).code).to.equal("OK");
  });

  it("work grows with those who hold, not with the limit", async () => {
    const lock = newLock({ maxHolders: 1000 });
    const session = await lab.session();
    await lab.get(lock.by("a"));
    await lab.get(lock.by("b"), session);
    expect(session.take().length).to.be.lessThan(20);
  });

  it("limits out of bounds are refused at once, whatever stands in the lock", async () => {
    const lock = newLock();
    const session = await lab.session();
    for (const max of [1001, 20_000_000, Number.MAX_SAFE_INTEGER, 1e308]) {
      const data = Buffer.from(JSON.stringify({ v: 1, max }));
      await session.create("/tests");
      await session.create(lock.path);
      await session.setData(lock.path, data, -1);
      const error = await acquire(session, lock.by("a")).catch(
        (error: unknown) => error,
      );
      expect(error).to.be.instanceOf(LockRefused);
      expect((error as Error).message).to.equal(
        `${lock.path} in ZooKeeper has limits out of bounds (each must be from 1 to 1000)`,
      );
    }
  });

  for (const over of [
    { maxHolders: 1001 },
    { maxPerGroup: 0 },
    { maxFailures: 1.5 },
  ])
    it(`limits out of bounds are not taken: ${JSON.stringify(over)}`, async () => {
      const { lock, session } = await used();
      const [key, value] = Object.entries(over)[0]!;
      const expected = `${key} ${value}: expected a whole number from 1 to 1000`;
      const asked = await acquire(session, lock.by("a", over)).catch(
        (error: unknown) => error,
      );
      expect((asked as Error).message).to.equal(
        `lock ${lock.name}: ${expected}`,
      );
      const set = await setLimits(session, lock.path, over, act).catch(
        (error: unknown) => error,
      );
      expect(set).to.be.instanceOf(LockError);
      expect((set as Error).message).to.equal(expected);
    });

  it("a lock of the version before is used on, and says so from then on", async () => {
    const lock = newLock();
    const session = await lab.session();
    const held = await lab.get(lock.by("a"), session);
    await held.abandon();
    const old = Buffer.from('{"v":1,"max":1,"hold":null}');
    await session.setData(lock.path, old, -1);
    const adopter = await lab.get(lock.by("a"));
    const { data } = await session.getData(lock.path);
    expect(JSON.parse(data!.toString())).to.include({ v: 2, max: 1 });
    await adopter.release();
    await lab.isEmpty(lock);
  });
});

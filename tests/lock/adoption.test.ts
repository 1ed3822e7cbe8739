import { expect } from "chai";
import { LockDataChanged, LockLost, hold, unhold } from "../../core/lock";
import { newLock, useLab } from "./lab";
import { isGrant, once } from "./scripted-session";

const failure = { step: "verify", reason: "no new process", at: "2026-01-01" };

/** Seconds: at their end a waiter looks once more, though nothing woke it. */
const patience = 20;

describe("an owner that comes back", () => {
  const lab = useLab();

  it("adopts what its crashed run left, with its baseline and its debts", async () => {
    const lock = newLock();
    const before = await lab.get(
      lock.by("a", { facts: { ...facts, runKey: "key1" } }),
    );
    await before.record({ drained: true, baseline: { identities: [] } });
    await before.abandon();
    const after = await lab.get(
      lock.by("a", { facts: { ...facts, runKey: "key2" } }),
    );
    expect(after.adopted).to.include({ runKey: "key1", drained: true });
    expect(after.adopted?.baseline).to.deep.equal({ identities: [] });
    expect(await lab.holders(lock)).to.deep.equal([after.id]);
    await after.release();
    await lab.isEmpty(lock);
  });

  it("adopts what a run left that had only adopted it itself: nothing of the first one is lost", async () => {
    const lock = newLock();
    const before = await lab.get(
      lock.by("a", { facts: { ...facts, runKey: "key1" } }),
    );
    const recorded = {
      drained: true,
      baseline: { identities: [] },
      acting: { run: "run", since: "2026-01-01", deadline: 60 },
    };
    await before.record(recorded);
    await before.fail(failure);
    const between = lock.by("a", { facts: { ...facts, runKey: "key2" } });
    await (await lab.get(between)).abandon();
    const { adopted } = await lab.get(lock.by("a"));
    expect(adopted).to.deep.include({
      ...recorded,
      runKey: "key1",
      state: "repairing",
      failure,
    });
  });

  it("passes others who wait, for nobody else can free its lock", async () => {
    const lock = newLock();
    const before = await lab.get(lock.by("a"));
    await before.fail(failure);
    const other = await lab.contend(lock.by("b"));
    await other.waits();
    const after = await lab.get(lock.by("a"));
    expect(after.adopted?.state).to.equal("failed");
    await after.release();
    await (await other.gets()).release();
    await lab.isEmpty(lock);
  });

  it("takes over what another run of its own leaves that stood before it, though a stranger stands between them", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("x"));
    const first = await lab.contend(lock.by("a"));
    await first.waits();
    const stranger = await lab.contend(lock.by("b"));
    await stranger.waits();
    // nothing but what it watches can wake it before it gives up
    const second = await lab.contend(lock.by("a", { maxWait: patience }));
    await second.waits();
    await holder.release();
    await (await first.gets()).fail(failure);
    const held = await second.gets();
    expect(held.waited).to.be.below(patience - 1);
    expect(held.adopted?.state).to.equal("failed");
    await held.release();
    await (await stranger.gets()).release();
    await lab.isEmpty(lock);
  });

  it("never joins a run that is alive, even in its own group beside a free slot", async () => {
    const lock = newLock({ maxHolders: 2 });
    const first = await lab.get(lock.by("a"));
    const second = await lab.contend(lock.by("a"));
    await second.waits();
    expect(await lab.holders(lock)).to.deep.equal([first.id]);
    await first.release();
    await (await second.gets()).release();
    await lab.isEmpty(lock);
  });

  it("waits while the crashed run's live node still stands, and is woken when it goes, though others wait before it", async () => {
    const lock = newLock();
    const crashed = await lab.session({ sessionTimeout: 1000 });
    const before = await lab.get(lock.by("a"), crashed);
    const stranger = await lab.contend(lock.by("b"));
    await stranger.waits();
    // nothing but what it watches can wake it before it gives up
    const after = await lab.contend(lock.by("a", { maxWait: patience }));
    await after.waits();
    await crashed.crash();
    const held = await after.gets();
    expect(held.waited).to.be.below(patience - 1);
    expect(held.adopted?.state).to.equal("held");
    expect(await lab.holders(lock)).to.deep.equal([held.id]);
    expect(before.id).not.to.equal(held.id);
    await held.release();
    await (await stranger.gets()).release();
  });

  it("twice: the second run waits for the first, and both before others", async () => {
    const lock = newLock();
    await (await lab.get(lock.by("a"))).abandon();
    const [one, two] = [
      await lab.contend(lock.by("a")),
      await lab.contend(lock.by("a")),
    ];
    await Promise.race([one.gets(), two.gets()]);
    const [held, waits] = one.held ? [one, two] : [two, one];
    await waits.waits();
    expect(await lab.holders(lock)).to.deep.equal([held.held!.id]);
    await held.held!.release();
    await (await waits.gets()).release();
    await lab.isEmpty(lock);
  });

  it("with other lock data gets an error and nothing is changed", async () => {
    const lock = newLock();
    const before = await lab.get(lock.by("a", { group: "rack1" }));
    await before.abandon();
    const again = await lab.contend(lock.by("a", { group: "rack2" }));
    const error = await again.fails();
    expect(error).to.be.instanceOf(LockDataChanged);
    expect(error.message).to.equal(
      `lock ${lock.name}: our own holder ${before.id} has lock data "rack1", and lock.data is now "rack2"`,
    );
    expect(await lab.holders(lock)).to.deep.equal([before.id]);
    expect(await lab.waiters(lock)).to.deep.equal([]);
  });

  it("marks a failed holder as repairing, and it counts as failed until released", async () => {
    const lock = newLock({ maxHolders: 2, maxFailures: 1 });
    await (await lab.get(lock.by("a"))).fail(failure);
    const repairing = await lab.get(lock.by("a"));
    const other = await lab.contend(lock.by("b"));
    const [holder] = (await other.tells()).holders;
    expect(holder?.state).to.equal("repairing");
    expect(holder?.record?.failure).to.deep.equal(failure);
    await repairing.release();
    await (await other.gets()).release();
  });

  it("obeys a hold, and goes on after it", async () => {
    const lock = newLock();
    const operator = await lab.session();
    await (await lab.get(lock.by("a"))).abandon();
    await hold(operator, lock.path, { by: "op@x", why: "look" });
    const again = await lab.contend(lock.by("a"));
    expect((await again.tells()).hold?.why).to.equal("look");
    await unhold(operator, lock.path, { by: "op@x", why: "" });
    await (await again.gets()).release();
  });

  it("obeys a hold that comes between its look and its adoption", async () => {
    const lock = newLock();
    const operator = await lab.session();
    const before = await lab.get(lock.by("a"));
    await before.abandon();
    const session = await lab.session();
    session.script = once(isAdoption, {
      before: () => hold(operator, lock.path, { by: "op@x", why: "look" }),
    });
    const again = await lab.contend(lock.by("a"), session);
    await again.waits();
    expect(await lab.holders(lock)).to.deep.equal([before.id]);
    await unhold(operator, lock.path, { by: "op@x", why: "" });
    await (await again.gets()).release();
  });

  it("under a hold that ends together with a failure of what it looked at takes the failure along", async () => {
    const lock = newLock();
    const operator = await lab.session();
    const before = await lab.get(lock.by("a"));
    await before.abandon();
    await hold(operator, lock.path, { by: "op@x", why: "look" });
    const session = await lab.session();
    let looked = false;
    session.script = once(
      ({ kind, path }) => {
        looked ||= kind === "read" && path === before.path;
        return looked && path === lock.path;
      },
      {
        before: async () => {
          await before.fail(failure);
          await unhold(operator, lock.path, { by: "op@x", why: "" });
        },
      },
    );
    const after = await lab.get(lock.by("a"), session);
    expect(after.adopted?.state).to.equal("failed");
  });

  it("leaves the old run without the lock: it is told at its next step", async () => {
    const lock = newLock();
    const old = await lab.session();
    const before = await lab.get(lock.by("a"), old);
    await (await lab.session()).remove(`${before.path}/${old.liveName}`);
    const after = await lab.get(lock.by("a"));
    await expectLost(before.reassert(), lock.name);
    await expectLost(before.release(), lock.name);
    expect(await lab.holders(lock)).to.deep.equal([after.id]);
  });

  it("and gives up while in doubt puts the holder back as it was", async () => {
    const lock = newLock();
    await (await lab.get(lock.by("a"))).fail(failure);
    const session = await lab.session();
    session.script = once(isAdoption, {
      lose: "reply",
      after: () => contender.cancel(),
    });
    const contender = await lab.contend(lock.by("a"), session);
    await contender.fails();
    const [id] = await lab.holders(lock);
    expect(await lab.tree(lock)).to.include(`holders/0/${id}`);
    const again = await lab.get(lock.by("a"));
    expect(again.adopted).to.deep.include({ state: "failed", failure });
  });
});

const facts = { run: "run", from: "user@ci", action: "restart app" };

const isAdoption = (request: Parameters<typeof isGrant>[0]) =>
  isGrant(request) && request.operations.some(({ as }) => as === "old holder");

async function expectLost(act: Promise<unknown>, name: string): Promise<void> {
  const error = await act.then(
    () => null,
    (error: Error) => error,
  );
  expect(error).to.be.instanceOf(LockLost);
  expect(error!.message).to.equal(
    `lock ${name}: no longer ours: cleared, or adopted by a later run of its owner`,
  );
}

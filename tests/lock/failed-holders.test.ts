import { expect } from "chai";
import { LockBlocked } from "../../core/lock";
import type { Reply } from "../../core/zookeeper/replies";
import { sideBySide } from "../support/side-by-side";
import { newLock, useLab } from "./lab";

const failure = (at = new Date().toISOString()) => ({
  step: "act",
  exit: 1,
  reason: "exit status 1",
  at,
});

describe("a failed or stale holder", () => {
  const lab = useLab(after);
  const it = sideBySide();
  const fail = { onFailedHolder: "fail" } as const;

  it("ends the wait of others with its step, its exit and the ways on", async () => {
    const lock = newLock(fail);
    const urn = "urn:pulumi:prod::web::LockedAction::a";
    const facts = { run: "r", from: "user@ci", action: "restart app", urn };
    const holder = await lab.get(lock.by("a", { facts }));
    await holder.fail(failure());
    const error = await (await lab.contend(lock.by("b"))).fails();
    expect(error).to.be.instanceOf(LockBlocked);
    expect(error.message).to.match(
      new RegExp(
        `^lock ${lock.name}: blocked by a \\(app\\), failed: step act failed \\d+ s ago, exit 1: exit status 1$`,
      ),
    );
    const at = `--servers ${lab.server.connect} --root /tests`;
    expect(error.story).to.deep.equal([
      `let its owner repair it: pulumi up --target ${urn}`,
      `see it: locked-action show '${lock.name}' ${at}`,
      `or, if it needs no repair, clear it: locked-action clear '${lock.name}' --holder ${holder.id} -m WHY ${at}`,
    ]);
    expect(await lab.waiters(lock)).to.deep.equal([]);
  });

  it("that is stale ends it too, and is named as stale", async () => {
    const lock = newLock(fail);
    await (await lab.get(lock.by("a"))).abandon();
    const error = await (await lab.contend(lock.by("b"))).fails();
    expect(error.message).to.match(
      new RegExp(
        `^lock ${lock.name}: blocked by a \\(app\\), stale for \\d+ s, restart app by user@ci$`,
      ),
    );
  });

  it("is seen while others wait: a failure wakes them", async () => {
    const lock = newLock(fail);
    const holder = await lab.get(lock.by("a"));
    const contender = await lab.contend(lock.by("b"));
    await contender.waits();
    await holder.fail(failure());
    expect(await contender.fails()).to.be.instanceOf(LockBlocked);
  });

  it("keeps them waiting with onFailedHolder wait", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    await holder.fail(failure());
    const contender = await lab.contend(lock.by("b"));
    expect((await contender.tells()).holders[0]?.state).to.equal("failed");
    const repair = await lab.get(lock.by("a"));
    await repair.release();
    await (await contender.gets()).release();
  });

  it("does not end it while another slot may come free", async () => {
    const lock = newLock({ ...fail, maxHolders: 2, maxFailures: 2 });
    await (await lab.get(lock.by("a"))).fail(failure());
    const live = await lab.get(lock.by("b"));
    const contender = await lab.contend(lock.by("c"));
    await contender.waits();
    await live.release();
    await (await contender.gets()).release();
  });

  it("stops every grant once there are maxFailures, whatever slots are free", async () => {
    const lock = newLock({ ...fail, maxHolders: 3, maxFailures: 2 });
    await (await lab.get(lock.by("a"))).fail(failure());
    const second = await lab.get(lock.by("b"));
    await second.fail(failure());
    const error = await (await lab.contend(lock.by("c"))).fails();
    expect(error).to.be.instanceOf(LockBlocked);
    const repaired = await lab.get(lock.by("b"));
    await repaired.release();
    await (await lab.get(lock.by("c"))).release();
  });

  it("stops who waits already, too, when another holder leaves", async () => {
    const lock = newLock({ maxHolders: 2 });
    const live = await lab.get(lock.by("a"));
    const failed = await lab.get(lock.by("b"));
    await failed.fail(failure());
    const contender = await lab.contend(lock.by("c"));
    await contender.tells();
    await live.release();
    await contender.waitsAgain();
    expect(await lab.holders(lock)).to.deep.equal([failed.id]);
    await (await lab.get(lock.by("b"))).release();
    await (await contender.gets()).release();
  });

  it("has ownerGrace from the waiter's arrival, when it failed before", async () => {
    const lock = newLock({ ...fail, ownerGrace: 0.6 });
    await (await lab.get(lock.by("a"))).fail(failure());
    const arrived = performance.now();
    const contender = await lab.contend(lock.by("b"));
    expect(await contender.fails()).to.be.instanceOf(LockBlocked);
    expect(performance.now() - arrived).to.be.at.least(600);
  });

  it("has it from the failure, when it failed later", async () => {
    const lock = newLock({ ...fail, ownerGrace: 0.6 });
    const holder = await lab.get(lock.by("a"));
    const arrived = performance.now();
    const contender = await lab.contend(lock.by("b"));
    await contender.waits();
    while (performance.now() - arrived < 700) await holder.reassert();
    const failed = performance.now();
    await holder.fail(failure());
    expect(await contender.fails()).to.be.instanceOf(LockBlocked);
    expect(performance.now() - failed).to.be.at.least(590);
  });

  it("has it from the failure, though the waiter's session was lost after it", async () => {
    const lock = newLock({ ...fail, ownerGrace: 1.5 });
    const holder = await lab.get(lock.by("a"));
    const session = await lab.session();
    const arrived = performance.now();
    const contender = await lab.contend(lock.by("b"), session);
    await contender.waits();
    while (performance.now() - arrived < 1600) await holder.reassert();
    const failed = performance.now();
    await holder.fail(failure());
    session.loseSession();
    expect(await contender.fails()).to.be.instanceOf(LockBlocked);
    expect(performance.now() - failed).to.be.at.least(1490);
  });

  it("has it from when the failure was seen, though ZooKeeper's clock was put forward", async () => {
    const lock = newLock({ ...fail, ownerGrace: 0.3 });
    const session = await lab.session();
    const holder = await lab.get(lock.by("a"));
    // our arrival is read as an hour before the failure
    session.script = ({ kind, path }) => {
      if (kind !== "exists" || !path.includes("/waiters/")) return;
      const ctime = Date.now() - 3_600_000;
      return { stale: { code: "OK", stat: { ctime } } as Reply };
    };
    const contender = await lab.contend(lock.by("b"), session);
    await contender.waits();
    await holder.fail(failure());
    expect(await contender.fails()).to.be.instanceOf(LockBlocked);
  });

  it("that is stale has it from when this process first saw it so", async () => {
    const lock = newLock({ ...fail, ownerGrace: 0.6 });
    const crashed = await lab.session();
    const holder = await lab.get(lock.by("a"), crashed);
    const session = await lab.session();
    const contender = await lab.contend(lock.by("b"), session);
    await contender.waits();
    const gone = performance.now();
    await (await lab.session()).remove(`${holder.path}/${crashed.liveName}`);
    expect(await contender.fails()).to.be.instanceOf(LockBlocked);
    expect(performance.now() - gone).to.be.at.least(590);
    // whoever comes later in the same process has no grace left
    const later = await lab.contend(
      lock.by("c", { ownerGrace: 0.01 }),
      session,
    );
    await later.fails();
  });

  it("that came to life in between has its grace anew", async () => {
    const lock = newLock({ ...fail, ownerGrace: 0.8 });
    const flaky = await lab.session();
    const operator = await lab.session();
    const holder = await lab.get(lock.by("a"), flaky);
    const session = await lab.session();
    const contender = await lab.contend(lock.by("b"), session);
    await contender.tells();
    await operator.remove(`${holder.path}/${flaky.liveName}`);
    await contender.waitsAgain();
    await holder.reassert(); // it lives again
    await contender.waitsAgain();
    const since = performance.now();
    while (performance.now() - since < 1000) await holder.reassert();
    const gone = performance.now();
    await operator.remove(`${holder.path}/${flaky.liveName}`);
    expect(await contender.fails()).to.be.instanceOf(LockBlocked);
    expect(performance.now() - gone).to.be.at.least(790);
  });

  it("whose owner comes back within its grace lets the others go on waiting", async () => {
    const lock = newLock({ ...fail, ownerGrace: 20 });
    await (await lab.get(lock.by("a"))).fail(failure());
    const contender = await lab.contend(lock.by("b"));
    await contender.tells();
    const repair = await lab.get(lock.by("a"));
    await contender.waitsAgain();
    await repair.release();
    await (await contender.gets()).release();
    await lab.isEmpty(lock);
  });
});

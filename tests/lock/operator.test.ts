import { expect } from "chai";
import {
  clear,
  describeLock,
  hold,
  listLocks,
  LockError,
  LockLost,
  readHistory,
  releaseKept,
  setLimits,
  unhold,
  watchLock,
} from "../../core/lock";
import { newLock, useLab } from "./lab";
import { once, type Request } from "./scripted-session";

const act = { by: "op@x", why: "host is gone" };
const failed = (attempt: Promise<unknown>) =>
  attempt.then(
    () => null,
    (error: Error) => error,
  );

describe("an operator", () => {
  const lab = useLab();

  it("clears a stale holder: audited, and the next one goes on", async () => {
    const lock = newLock();
    const operator = await lab.session();
    const holder = await lab.get(lock.by("a"));
    await holder.abandon();
    const contender = await lab.contend(lock.by("b"));
    await contender.waits();
    expect(await clear(operator, lock.path, holder.id, act)).to.equal(true);
    await (await contender.gets()).release();
    await lab.isEmpty(lock);
    const [record] = await readHistory(operator, lock.paths);
    expect(record).to.deep.include({
      kind: "cleared",
      by: "op@x",
      reason: "host is gone",
      holder: holder.id,
      target: "a",
      subject: "app",
    });
  });

  it("does not clear a live one by accident", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const operator = await lab.session();
    const error = await failed(clear(operator, lock.path, holder.id, act));
    expect(error).to.be.instanceOf(LockError);
    expect(error!.message).to.match(
      new RegExp(
        `^holder ${holder.id} is live: a \\(app\\), live for \\d+ s, restart app by user@ci$`,
      ),
    );
    await holder.reassert();
  });

  it("does not clear one that comes to life between the look and the act", async () => {
    const lock = newLock();
    const [run, operator] = [await lab.session(), await lab.session()];
    const holder = await lab.get(lock.by("a"), run);
    await operator.remove(`${holder.path}/${run.liveName}`);
    operator.script = once(
      ({ operations }) => operations.some(({ as }) => as === "holder"),
      { before: () => holder.reassert() },
    );
    const error = await failed(clear(operator, lock.path, holder.id, act));
    expect(error?.message).to.equal(
      `holder ${holder.id} is live: its run is at work`,
    );
    await holder.reassert();
  });

  it("clears a live one by force, and its run is told by whom and why", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const operator = await lab.session();
    await clear(operator, lock.path, holder.id, { ...act, forceLive: true });
    for (const next of [
      () => holder.reassert(),
      () => holder.record({ drained: true }),
      () => holder.fail({ step: "act", reason: "x", at: "2026-01-01" }),
      () => holder.release(),
    ]) {
      const error = await failed(next());
      expect(error).to.be.instanceOf(LockLost);
      expect(error!.message).to.match(
        new RegExp(
          `^lock ${lock.name}: no longer ours: cleared by op@x at [-0-9T:.]+Z: host is gone$`,
        ),
      );
    }
    await lab.isEmpty(lock);
  });

  it("clears exactly one holder of a group, and never a slot that others use", async () => {
    const lock = newLock();
    const stale = await lab.get(lock.by("a", { group: "g" }));
    const live = await lab.get(lock.by("b", { group: "g" }));
    await stale.abandon();
    const operator = await lab.session();
    await clear(operator, lock.path, stale.id, act);
    expect(await lab.holders(lock)).to.deep.equal([live.id]);
    await live.reassert();
    expect(await clear(operator, lock.path, stale.id, act)).to.equal(false);
  });

  for (const lose of ["request", "reply"] as const)
    for (const kind of ["list", "read", "multi"] as const)
      it(`clears though the ${lose} of a ${kind} is lost, and says so`, async () => {
        const lock = newLock();
        const holder = await lab.get(lock.by("a"));
        await holder.abandon();
        const operator = await lab.session();
        operator.script = once(
          (request: Request) =>
            request.kind === kind &&
            (kind !== "multi" || request.operations.length > 1),
          { lose },
        );
        expect(await clear(operator, lock.path, holder.id, act)).to.equal(true);
        await lab.isEmpty(lock);
      });

  it("gives back a kept lock though its look is lost", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    await holder.fail({ step: "act", reason: "x", at: "2026-01-01" });
    const session = await lab.session();
    session.script = once(({ kind }) => kind === "list", { lose: "request" });
    const kept = { lock: lock.path, holder: holder.id };
    const how = { deadline: 10 };
    const entry = { kind: "cleared", reason: "resource removed" } as const;
    expect(await releaseKept(session, kept, entry, how)).to.equal("released");
    await lab.isEmpty(lock);
    expect(await releaseKept(session, kept, entry, how)).to.equal("gone");
    const other = await lab.get(lock.by("a"));
    const live = { lock: lock.path, holder: other.id };
    expect(
      await failed(releaseKept(session, live, entry, how)),
    ).to.be.instanceOf(LockError);
  });

  it("holds and unholds, audited; nobody new is granted meanwhile", async () => {
    const lock = newLock({ maxHolders: 2 });
    const before = await lab.get(lock.by("a"));
    const operator = await lab.session();
    await hold(operator, lock.path, act);
    const contender = await lab.contend(lock.by("b"));
    await contender.waits();
    await before.reassert(); // who holds goes on
    await before.release();
    expect(contender.held).to.equal(null);
    expect(await unhold(operator, lock.path, act)).to.equal(true);
    expect(await unhold(operator, lock.path, act)).to.equal(false);
    await (await contender.gets()).release();
    const kinds = (await readHistory(operator, lock.paths)).map(
      ({ kind }) => kind,
    );
    expect(kinds).to.deep.equal(["hold", "unhold"]);
  });

  it("is told that it was done though the answer is lost", async () => {
    const lock = newLock();
    await (await lab.get(lock.by("a"))).release();
    const operator = await lab.session();
    const lost = () =>
      (operator.script = once(({ kind }) => kind === "multi", {
        lose: "reply",
      }));
    lost();
    await hold(operator, lock.path, act);
    lost();
    expect(await unhold(operator, lock.path, act)).to.equal(true);
    lost();
    expect(
      await setLimits(operator, lock.path, { maxHolders: 3 }, act),
    ).to.equal(true);
  });

  it("changes the limits of a lock in use; who waits with the old ones is told both", async () => {
    const lock = newLock();
    const operator = await lab.session();
    const held = await lab.get(lock.by("a"));
    const contender = await lab.contend(lock.by("b"));
    await contender.waits();
    const limits = { maxHolders: 2, maxFailures: 2 };
    expect(await setLimits(operator, lock.path, limits, act)).to.equal(true);
    expect(await setLimits(operator, lock.path, limits, act)).to.equal(false);
    await held.release();
    expect((await contender.fails()).message).to.equal(
      `lock ${lock.name}: it is in use with maxHolders 2, asked for 1; maxFailures 2, asked for 1`,
    );
    const first = await lab.get(lock.by("a", limits));
    await lab.get(lock.by("b", limits));
    await first.release();
    const error = await failed(
      setLimits(operator, lock.path, { maxHolders: 1 }, act),
    );
    expect(error?.message).to.match(/^max holders 1: slot 1 is held by b/);
  });

  it("lowers N over an empty slot that somebody left behind", async () => {
    const lock = newLock({ maxHolders: 3 });
    const operator = await lab.session();
    await (await lab.get(lock.by("a"))).release();
    await operator.create(`${lock.paths.holders}/2`);
    expect(
      await setLimits(operator, lock.path, { maxHolders: 1 }, act),
    ).to.equal(true);
    await lab.isEmpty(lock);
  });

  it("sees holders and waiters in their order, though an answer is lost", async () => {
    const lock = newLock({ maxHolders: 2 });
    const failing = await lab.get(lock.by("a"));
    await lab.get(lock.by("b"));
    await failing.fail({ step: "act", reason: "x", at: "2026-01-01" });
    const waiting = [];
    for (const target of ["c", "d"]) {
      const contender = await lab.contend(lock.by(target));
      await contender.waits();
      waiting.push(contender);
    }
    const operator = await lab.session();
    for (let k = 0; k < 12; k++) {
      operator.requests.length = 0;
      operator.script = ({ index }) =>
        index === k ? { lose: "reply" } : undefined;
      const view = await describeLock(operator, "/tests", lock.name);
      expect(view.name).to.equal(lock.name);
      expect(view.blockedByFailures).to.equal(true);
      expect(
        view.holders.map(({ state, record }) => [record?.target, state]),
      ).to.deep.equal([
        ["a", "failed"],
        ["b", "live"],
      ]);
      expect(view.waiters.map(({ record }) => record?.target)).to.deep.equal([
        "c",
        "d",
      ]);
    }
    operator.script = () => {};
    const names = (await listLocks(operator, "/tests")).map(({ name }) => name);
    expect(names).to.include(lock.name);
    expect(await listLocks(operator, "/nothing/here")).to.deep.equal([]);
    const error = await failed(describeLock(operator, "/tests", "no such"));
    expect(error?.message).to.equal(
      `lock no such: there is none at /tests/no%20such of ${lab.server.connect}`,
    );
  });

  it("is told of the next change", async () => {
    const lock = newLock();
    const held = await lab.get(lock.by("a"));
    const operator = await lab.session();
    for (const change of [
      () => held.record({ drained: true }),
      () => hold(operator, lock.path, act),
      () => lab.contend(lock.by("b")),
      () => held.release(),
    ]) {
      const view = await describeLock(operator, "/tests", lock.name);
      let told = () => {};
      const changed = new Promise<void>((resolve) => (told = resolve));
      await watchLock(operator, view, told);
      await change();
      await changed;
    }
  });
});

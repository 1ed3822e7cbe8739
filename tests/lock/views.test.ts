import { expect } from "chai";
import { describeLock, hold, listLocks, watchLock } from "../../core/lock";
import { newLock, useLab } from "./lab";

const act = { by: "op@x", why: "incident" };
const failed = (attempt: Promise<unknown>) =>
  attempt.then(
    () => null,
    (error: Error) => error,
  );

describe("who looks at a lock", () => {
  const lab = useLab();

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
    for (const [most, read] of [
      [0, []],
      [1, ["c"]],
      [2, ["c", "d"]],
    ] as const) {
      const view = await describeLock(operator, "/tests", lock.name, { most });
      expect(view.waiters.map(({ record }) => record?.target)).to.deep.equal(
        read,
      );
      expect(view.more).to.equal(2 - read.length);
    }
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

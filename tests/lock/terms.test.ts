import { expect } from "chai";
import { hold, readHistory, setLimits, unhold } from "../../core/lock";
import { newLock, useLab } from "./lab";
import { isLockWrite, once } from "./scripted-session";

const act = { by: "op@x", why: "incident" };
const failed = (attempt: Promise<unknown>) =>
  attempt.then(
    () => null,
    (error: Error) => error,
  );

describe("an operator who changes what stands in a lock", () => {
  const lab = useLab();

  it("holds and unholds, audited; nobody new is granted meanwhile", async () => {
    const lock = newLock({ maxHolders: 2 });
    const before = await lab.get(lock.by("a"));
    const operator = await lab.session();
    await hold(operator, lock.path, act);
    const contender = await lab.contend(lock.by("b"));
    await contender.tells();
    await before.reassert(); // who holds goes on
    await before.release();
    await contender.waitsAgain(); // for nothing but the end of the hold
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
      (operator.script = once(isLockWrite, {
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
});

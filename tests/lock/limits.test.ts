import { expect } from "chai";
import { LimitsDisagree, setLimits } from "../../core/lock";
import { newLock, useLab } from "./lab";
import { isGrant, once } from "./scripted-session";

describe("the limits of a lock", () => {
  const lab = useLab();

  it("follow who finds it unused, in one round trip", async () => {
    const lock = newLock();
    const session = await lab.session();
    await (await lab.get(lock.by("a"), session)).release();
    session.take();
    const limits = { maxHolders: 3, maxPerGroup: 2, maxFailures: 2 };
    const held = await lab.get(lock.by("a", limits), session);
    expect(session.take().map(({ kind }) => kind)).to.deep.equal(["multi"]);
    const { data } = await session.getData(lock.path);
    expect(JSON.parse(data!.toString())).to.include({
      max: 3,
      perGroup: 2,
      maxFailures: 2,
    });
    await held.release();
  });

  for (const [what, over] of [
    ["maxHolders 1, asked for 2", { maxHolders: 2 }],
    ["maxPerGroup none, asked for 3", { maxPerGroup: 3 }],
    ["maxFailures 1, asked for 4", { maxFailures: 4 }],
  ] as const)
    it(`are agreed on by all while somebody holds: ${what}`, async () => {
      const lock = newLock();
      const held = await lab.get(lock.by("a"));
      const error = await (await lab.contend(lock.by("b", over))).fails();
      expect(error).to.be.instanceOf(LimitsDisagree);
      expect(error.message).to.equal(
        `lock ${lock.name}: it is in use with ${what}`,
      );
      expect(await lab.waiters(lock)).to.deep.equal([]);
      await held.release();
      await (await lab.get(lock.by("b", over))).release();
    });

  it("are agreed on by all while somebody waits", async () => {
    const lock = newLock();
    const held = await lab.get(lock.by("a"));
    const waiter = await lab.contend(lock.by("b"));
    await waiter.waits();
    const session = await lab.session();
    session.script = ({ kind }) =>
      kind === "multi" ? { before: () => held.release() } : undefined;
    const other = lock.by("c", { maxHolders: 2 });
    const error = await (await lab.contend(other, session)).fails();
    expect(error).to.be.instanceOf(LimitsDisagree);
    await waiter.gets();
  });

  it("are agreed on, though they change between the look at them and the wait", async () => {
    const lock = newLock();
    const [session, operator] = [await lab.session(), await lab.session()];
    const held = await lab.get(lock.by("a"));
    session.script = once(isGrant, {
      after: () =>
        setLimits(
          operator,
          lock.path,
          { maxHolders: 3 },
          { by: "op@x", why: "more" },
        ),
    });
    const error = await (
      await lab.contend(lock.by("b", { maxWait: 20 }), session)
    ).fails();
    expect(error.message).to.equal(
      `lock ${lock.name}: it is in use with maxHolders 3, asked for 1`,
    );
    await held.release();
  });

  it("do not keep an owner from its own holder: it adopts under those that stand", async () => {
    const lock = newLock({ maxHolders: 2 });
    await (await lab.get(lock.by("a"))).abandon();
    const adopter = await lab.get(lock.by("a", { maxHolders: 5 }));
    expect(adopter.adopted?.state).to.equal("held");
    await adopter.release();
    await lab.isEmpty(lock);
  });

  it("count again for an owner whose own holder went without it", async () => {
    const lock = newLock({ maxHolders: 2 });
    const before = await lab.get(lock.by("a"));
    const again = await lab.contend(lock.by("a", { maxHolders: 5 }));
    await again.waits();
    await before.release();
    const error = await again.fails();
    expect(error).to.be.instanceOf(LimitsDisagree);
    expect(error.message).to.equal(
      `lock ${lock.name}: it is in use with maxHolders 2, asked for 5`,
    );
    await lab.isEmpty(lock);
  });
});

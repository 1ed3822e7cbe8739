import { expect } from "chai";
import { inQueueOrder, sequenceOf } from "../../core/lock/tree/paths";
import { standing } from "../../core/lock/acquire/standing";
import type { Contender } from "./contender";
import { newLock, useLab } from "./lab";
import { isGrant, once } from "./scripted-session";

const failure = { step: "act", reason: "broken", at: "2026-01-01T00:00:00Z" };

describe("the order of the queue", () => {
  const lab = useLab();

  it("is exactly the order of arrival, over sessions and groups", async () => {
    const lock = newLock();
    const sessions = [await lab.session(), await lab.session()];
    const holder = await lab.get(lock.by("first"));
    const order: string[] = [];
    const done: Promise<void>[] = [];
    for (let i = 0; i < 12; i++) {
      const target = `t${i}`;
      const contender = await lab.contend(lock.by(target), sessions[i % 2]);
      await contender.waits();
      done.push(
        contender.gets().then(async (held) => {
          order.push(target);
          await held.release();
        }),
      );
    }
    await holder.release();
    await Promise.all(done);
    expect(order).to.deep.equal(Array.from({ length: 12 }, (_, i) => `t${i}`));
  });

  it("holds for who comes while the lock is free but others wait", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const session = await lab.session();
    const first = await lab.contend(lock.by("b"), session);
    await first.waits();
    let late!: Contender;
    session.script = once(isGrant, {
      // the first waiter is slow to take it
      before: async () => {
        late = await lab.contend(lock.by("c"));
        await late.waits();
      },
    });
    await holder.release();
    const held = await first.gets();
    expect(late.held).to.equal(null);
    await held.release();
    await (await late.gets()).release();
    await lab.isEmpty(lock);
  });

  it("survives one in the middle that gives up", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const [b, c, d] = [
      await lab.contend(lock.by("b")),
      await lab.contend(lock.by("c")),
      await lab.contend(lock.by("d")),
    ];
    for (const each of [b, c, d]) await each.waits();
    c.cancel();
    await c.fails();
    await holder.release();
    const held = await b.gets();
    expect(d.held).to.equal(null);
    await held.release();
    await (await d.gets()).release();
    await lab.isEmpty(lock);
  });

  it("is known to one that comes as another leaves: it is woken for its own owner's holder", async () => {
    const holding = await lab.session();
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, async (_, ticks) => {
        const lock = newLock();
        const holder = await lab.get(lock.by("z"), holding);
        const session = await lab.session();
        const first = await lab.contend(lock.by("o"), session);
        await first.waits();
        const leaves = await lab.contend(lock.by("p"), session);
        await leaves.waits();
        const last = await lab.contend(lock.by("q"), session);
        await last.waits();
        leaves.cancel();
        if (ticks >= 8) await leaves.fails();
        for (let i = 0; i < ticks % 8; i++) await Promise.resolve();
        const again = await lab.contend(lock.by("o"), session);
        await leaves.fails();
        await again.waits();
        await holder.release();
        await (await first.gets()).fail(failure);
        const adopter = await again.gets();
        last.cancel();
        await last.fails();
        return adopter.adopted?.state;
      }),
    );
    expect(new Set(outcomes)).to.deep.equal(new Set(["failed"]));
  });

  it("is right across the wrap of ZooKeeper's sequence numbers", () => {
    const names = [
      "x-2147483646",
      "x-2147483647",
      "x--2147483648",
      "x--2147483647",
    ];
    expect([...names].reverse().sort(inQueueOrder)).to.deep.equal(names);
    expect(sequenceOf("ok-uuid-0000000012")).to.equal(12);
    expect(sequenceOf("ok-uuid--2147483648")).to.equal(-(2 ** 31));
    expect(sequenceOf("ok-uuid--000000012")).to.equal(-12);
  });

  it("is so for a waiter that looks for its place there", () => {
    const waiter = (key: string, number: string) =>
      `${key.repeat(16)}-${"0".repeat(16)}-${number}`;
    const [first, ahead] = [
      waiter("a", "2147483646"),
      waiter("b", "2147483647"),
    ];
    const [own, later] = [
      waiter("c", "-2147483648"),
      waiter("a", "-2147483647"),
    ];
    const is = {
      isForeign: () => false,
      isOwn: (name: string) => name.startsWith("aaaa"),
    };
    expect(standing(own, [later, ahead, own, first], is)).to.deep.equal({
      ahead,
      head: first,
      sameOwner: first,
      waiters: [ahead, first],
      before: 2,
      of: 4,
    });
    expect(standing(first, [later, ahead, own, first], is)).to.include({
      ahead: null,
      head: null,
      before: 0,
    });
  });

  it("shows in the fencing tokens: they rise, by every way to the lock", async () => {
    const lock = newLock();
    const tokens: bigint[] = [];
    const a = await lab.get(lock.by("a", { group: "g" })); // fast
    const b = await lab.get(lock.by("b", { group: "g" })); // join
    const c = await lab.contend(lock.by("c"));
    await c.waits();
    await a.release();
    await b.release();
    const taken = await c.gets(); // take
    await taken.abandon();
    const adopted = await lab.get(lock.by("c")); // adopt
    for (const held of [a, b, taken, adopted])
      tokens.push(BigInt(held.fencingToken));
    await adopted.release();
    tokens.push(BigInt((await lab.get(lock.by("a"))).fencingToken));
    expect(tokens).to.deep.equal(
      [...new Set(tokens)].sort((x, y) => (x < y ? -1 : 1)),
    );
  });

  it("gives the token of the first grant when its answer was lost", async () => {
    const lock = newLock();
    await (await lab.get(lock.by("z"))).release();
    const session = await lab.session();
    session.script = ({ kind, index }) =>
      kind === "multi" && index <= 1 ? { lose: "reply" } : undefined;
    const held = await lab.get(lock.by("a"), session);
    const { stat } = await session.getData(held.path);
    expect(held.fencingToken).to.equal(stat!.czxid.toString());
  });
});

import { expect } from "chai";
import {
  clear,
  hold,
  LockCancelled,
  LockInDoubt,
  readHistory,
  unhold,
} from "../../core/lock";
import type { Reply } from "../../core/zookeeper/replies";
import { eventually } from "../support/eventually";
import { sideBySide } from "../support/side-by-side";
import type { Contender } from "./contender";
import { newLock, useLab } from "./lab";
import {
  heldUp,
  isEnqueue,
  isGrant,
  once,
  type Fate,
} from "./scripted-session";

describe("a lost answer", () => {
  const lab = useLab(after);
  const it = sideBySide();

  /** Its grant's answer is lost, ZooKeeper cannot be reached any more, and then it is cancelled. */
  async function cancelledInDoubt() {
    const lock = newLock();
    const proxy = await lab.proxy();
    await (await lab.get(lock.by("z"))).release();
    const session = await lab.session({ servers: lab.servers(proxy.connect) });
    session.script = once(isGrant, {
      lose: "reply",
      after: () => {
        proxy.mode = "refuse";
        proxy.cut();
      },
    });
    const contender = await lab.contend(lock.by("a"), session);
    await session.suspended();
    contender.cancel();
    return { lock, session, proxy, contender };
  }

  it("of a waiter's creation neither makes it wait for itself nor leaves a second waiter, nor costs it its place", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const session = await lab.session();
    let between!: Contender;
    session.script = once(isEnqueue, {
      lose: "reply",
      after: async () => {
        between = await lab.contend(lock.by("c"));
        await between.waits();
      },
    });
    const contender = await lab.contend(lock.by("b"), session);
    await contender.waits();
    expect(await lab.waiters(lock)).to.have.length(2);
    await holder.release();
    const held = await contender.gets();
    expect(between.held).to.equal(null);
    await held.release();
    await (await between.gets()).release();
    await lab.isEmpty(lock);
  });

  it("of a waiter's creation, then a cancel while the second waiter is taken away: none is left in the queue", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const session = await lab.session();
    const lost = once(isEnqueue, { lose: "reply" });
    const cancelled = once(({ kind }) => kind === "remove", {
      before: () => contender.cancel(),
      lose: "request",
    });
    session.script = (request) => lost(request) ?? cancelled(request);
    const contender = await lab.contend(lock.by("b"), session);
    expect(await contender.fails()).to.be.instanceOf(LockCancelled);
    expect(await lab.waiters(lock)).to.deep.equal([]);
    await holder.release();
    await lab.isEmpty(lock);
  });

  it("of a waiter's creation, then a cancel over a new session that reads an old view: none is left in the queue", async () => {
    const lock = newLock();
    await lab.get(lock.by("a"));
    const session = await lab.session();
    const lost = once(isEnqueue, {
      lose: "reply",
      after: () => {
        session.loseSession();
        contender.cancel();
      },
    });
    let old = true;
    session.script = (request) => {
      const { kind, path } = request;
      if (session.epoch === 1) return lost(request);
      if (kind === "multi") old = false; // brings the view up to date
      if (old && kind === "list" && path === lock.paths.waiters)
        return { stale: { code: "OK", children: [] } as Reply };
    };
    const contender = await lab.contend(lock.by("b"), session);
    expect(await contender.fails()).to.be.instanceOf(LockCancelled);
    expect(await lab.waiters(lock)).to.deep.equal([]);
  });

  it("of a fast grant is taken for what it was once the quorum says so", async () => {
    const lock = newLock();
    const session = await lab.session();
    session.script = once(isGrant, { lose: "reply" });
    const held = await lab.get(lock.by("a"), session);
    expect(await lab.holders(lock)).to.deep.equal([held.id]);
    await held.release();
    await lab.isEmpty(lock);
  });

  it("of a fast grant, then a cancel: no holder is left", async () => {
    const lock = newLock();
    const session = await lab.session();
    const contender = await cancelledAfter({ lose: "reply" });
    expect((await contender.fails()).message).to.equal(
      `lock ${lock.name}: stopped waiting: by the test`,
    );
    expect(contender.error).to.be.instanceOf(LockCancelled);
    await lab.isEmpty(lock);

    async function cancelledAfter(fate: Fate): Promise<Contender> {
      session.script = once(isGrant, {
        ...fate,
        after: () => contender.cancel(),
      });
      const contender = await lab.contend(lock.by("a"), session);
      return contender;
    }
  });

  it("of a fast grant that arrives only after the look: it is poisoned and fails", async () => {
    const lock = newLock();
    await (await lab.get(lock.by("z"))).release();
    const session = await lab.session();
    const { until: late, goOn: arrive } = heldUp();
    session.script = once(isGrant, {
      before: () => contender.cancel(),
      late,
    });
    const contender = await lab.contend(lock.by("a"), session);
    expect(await contender.fails()).to.be.instanceOf(LockCancelled);
    arrive();
    const [answer] = await Promise.all(session.arrived);
    expect(answer!.code).to.equal("BAD_VERSION");
    await lab.isEmpty(lock);
  });

  it("of a fast grant that arrives only after the release: it is poisoned and fails", async () => {
    const lock = newLock();
    await (await lab.get(lock.by("z"))).release();
    const session = await lab.session();
    const { until: late, goOn: arrive } = heldUp();
    session.script = once(isGrant, { late });
    await (await lab.get(lock.by("a"), session)).release();
    arrive();
    const [answer] = await Promise.all(session.arrived);
    expect(answer!.code).to.equal("BAD_VERSION");
    await lab.isEmpty(lock);
  });

  it("of a fast grant, then a new session that reads an old view: it is held", async () => {
    const lock = newLock();
    await (await lab.get(lock.by("z"))).release();
    const session = await lab.session();
    const lost = once(isGrant, {
      lose: "reply",
      after: () => session.loseSession(),
    });
    let old = true;
    session.script = (request) => {
      if (request.kind === "multi" || request.kind === "set") {
        const fate = lost(request);
        if (!fate && session.epoch > 1) old = false; // a write brings the view up to date
        return fate;
      }
      const aboutHolders = request.path.includes("/holders");
      if (session.epoch > 1 && old && aboutHolders)
        return { stale: { code: "NO_NODE" } };
    };
    const held = await lab.get(lock.by("a"), session);
    expect(await lab.holders(lock)).to.deep.equal([held.id]);
    await held.reassert();
    await held.release();
    await lab.isEmpty(lock);
  });

  it("of a fast grant, then a hold: the refusal of the second try is not taken for the first one's", async () => {
    const lock = newLock();
    await (await lab.get(lock.by("z"))).release();
    const [session, operator] = [await lab.session(), await lab.session()];
    session.script = once(isGrant, {
      lose: "reply",
      after: () => hold(operator, lock.path, { by: "op@x", why: "look" }),
    });
    const held = await lab.get(lock.by("a"), session);
    expect(await lab.holders(lock)).to.deep.equal([held.id]);
    await held.release();
    await lab.isEmpty(lock);
  });

  it("of a grant out of the queue is taken for what it was", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const session = await lab.session();
    const contender = await lab.contend(lock.by("b"), session);
    await contender.waits();
    session.script = once(isGrant, { lose: "reply" });
    await holder.release();
    const held = await contender.gets();
    expect(await lab.holders(lock)).to.deep.equal([held.id]);
    await held.release();
    await lab.isEmpty(lock);
  });

  it("of a grant out of the queue, then a clear and a hold: it waits in the queue, not beside it", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const [session, operator] = [await lab.session(), await lab.session()];
    const contender = await lab.contend(lock.by("b"), session);
    await contender.waits();
    session.script = once(isGrant, {
      lose: "reply",
      after: async () => {
        const act = { by: "op@x", why: "look" };
        const [id] = await lab.holders(lock);
        await clear(operator, lock.path, id!, { ...act, forceLive: true });
        await hold(operator, lock.path, act);
      },
    });
    await holder.release();
    await eventually(
      "it is in the queue again",
      async () => (await lab.waiters(lock)).length === 1,
    );
    expect(await lab.holders(lock)).to.deep.equal([]);
    await unhold(operator, lock.path, { by: "op@x", why: "seen" });
    await (await contender.gets()).release();
    await lab.isEmpty(lock);
  });

  it("of a grant out of the queue, then a new session: it is held, and live again", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const session = await lab.session();
    const contender = await lab.contend(lock.by("b"), session);
    await contender.waits();
    session.script = once(isGrant, {
      lose: "reply",
      after: () => session.loseSession(),
    });
    await holder.release();
    const held = await contender.gets();
    const live = `holders/0/${held.id}/${session.liveName}`;
    await lab.has(lock, live);
    await held.release();
    await lab.isEmpty(lock);
  });

  it("of a release counts as released when the holder is gone", async () => {
    const lock = newLock();
    const session = await lab.session();
    const held = await lab.get(lock.by("a"), session);
    session.script = once(({ kind }) => kind === "multi", { lose: "reply" });
    await held.release({ kind: "acted" });
    await lab.isEmpty(lock);
  });

  it("of a failure's mark leaves one failed holder", async () => {
    const lock = newLock();
    const session = await lab.session();
    const held = await lab.get(lock.by("a"), session);
    session.script = once(({ kind }) => kind === "multi", { lose: "reply" });
    await held.fail({ step: "act", reason: "exit 1", at: "2026-01-01" });
    expect(await lab.tree(lock)).to.deep.equal([
      "history",
      "holders",
      "holders/0",
      `holders/0/${held.id}`,
      "waiters",
    ]);
  });

  it("that never comes, after a grant: the error says 'in doubt' and names the path", async () => {
    const { lock, contender } = await cancelledInDoubt();
    const error = await contender.fails();
    const [id] = await lab.holders(lock);
    expect(error).to.be.instanceOf(LockInDoubt);
    expect(error.message).to.equal(
      `lock ${lock.name}: stopped waiting: by the test; and ZooKeeper did not say whether the lock was got: ${lock.path}/holders/0/${id}`,
    );
  });

  for (const [when, write] of [
    ["before that is looked at", "set"],
    ["while that is looked at", "multi"],
  ] as const)
    it(`of a fast grant, then sessions lost ${when}, and an old view: it is held, not taken over`, async () => {
      const lock = newLock();
      await (await lab.get(lock.by("z"))).release();
      const session = await lab.session();
      const lost = once(isGrant, {
        lose: "reply",
        after: () => session.loseSession(),
      });
      const lostAgain = once(
        ({ kind }) => kind === write && session.epoch === 2,
        {
          after: () =>
            session.epoch === 2 && later(() => session.loseSession()),
        },
      );
      let old = true;
      session.script = (request) => {
        const { kind, path } = request;
        const fate = lost(request) ?? lostAgain(request);
        if (fate || session.epoch < 3) return fate;
        if (kind === "multi" || kind === "set") old = false; // brings the view up to date
        if (old && kind === "read" && path.includes("/holders/"))
          return { stale: { code: "NO_NODE" } };
      };
      const held = await lab.get(lock.by("a"), session);
      expect(held.adopted).to.equal(null);
      expect(await lab.holders(lock)).to.deep.equal([held.id]);
      await held.release();
      await lab.isEmpty(lock);
    });

  it("that never comes, then a cancel, then a connection again: the holder goes, though the session lives on", async () => {
    const { lock, session, proxy, contender } = await cancelledInDoubt();
    expect(await contender.fails()).to.be.instanceOf(LockInDoubt);
    proxy.mode = "ok";
    await lab.isEmpty(lock);
    expect(session.epoch).to.equal(1);
  });

  it("of a failure's mark, then sessions lost while that is looked at, and an old view: it stands in history once", async () => {
    const lock = newLock();
    const session = await lab.session();
    const held = await lab.get(lock.by("a"), session);
    const lost = once(({ kind }) => kind === "multi", { lose: "reply" });
    const sessionLost = once(
      ({ kind, operations }) => kind === "multi" && operations.length === 1,
      { after: () => later(() => session.loseSession()) },
    );
    const before = await session.getData(held.path);
    const old = once(
      ({ kind, path }) =>
        kind === "read" && session.epoch === 2 && path === held.path,
      { stale: before },
    );
    session.script = (request) =>
      sessionLost(request) ?? lost(request) ?? old(request);
    const failure = { step: "act", reason: "exit 1", at: "2026-01-01" };
    await held.fail(failure, { kind: "failed" });
    const records = await readHistory(session, lock.paths);
    expect(records.map(({ kind }) => kind)).to.deep.equal(["failed"]);
  });
});

/** After whoever awaits the answer has it. */
const later = (act: () => void): void => void setImmediate(act);

import { expect } from "chai";
import {
  clear,
  LockError,
  LockLost,
  readHistory,
  releaseKept,
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
    expect(await clear(operator, lock.path, holder.id, act)).to.equal(
      "removed",
    );
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
    expect(await clear(operator, lock.path, stale.id, act)).to.equal("gone");
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
        expect(await clear(operator, lock.path, holder.id, act)).to.equal(
          "removed",
        );
        await lab.isEmpty(lock);
      });

  it("clears though its session is lost after its look began, and the next one reads an old view", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    await holder.abandon();
    const operator = await lab.session();
    const barrier = once(({ kind }) => kind === "multi", {
      after: () => void setImmediate(() => operator.loseSession()),
    });
    const old = once(({ kind }) => kind === "list" && operator.epoch === 2, {
      stale: { code: "NO_NODE" },
    });
    operator.script = (request) => barrier(request) ?? old(request);
    expect(await clear(operator, lock.path, holder.id, act)).to.equal(
      "removed",
    );
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
});

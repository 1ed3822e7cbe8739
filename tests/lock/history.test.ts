import { expect } from "chai";
import { hold, readHistory } from "../../core/lock";
import { HISTORY_LENGTH } from "../../core/lock/tree/history";
import { newLock, useLab } from "./lab";
import { once } from "./scripted-session";

describe("the history of a lock", () => {
  const lab = useLab();

  it("has one record for each action: who, when, which, how long", async () => {
    const lock = newLock();
    const session = await lab.session();
    const held = await lab.get(lock.by("a"), session);
    await held.release({ kind: "acted", exit: 0 });
    const [record, ...more] = await readHistory(session, lock.paths);
    expect(more).to.deep.equal([]);
    expect(record).to.deep.include({
      kind: "acted",
      by: "user@ci",
      target: "a",
      subject: "app",
      action: "restart app",
      holder: held.id,
      fencingToken: held.fencingToken,
      exit: 0,
    });
    expect(record!.held).to.be.a("number");
  });

  it("is written together with a failure, and not at all without an entry", async () => {
    const lock = newLock();
    const session = await lab.session();
    await (await lab.get(lock.by("a"), session)).release();
    expect(await readHistory(session, lock.paths)).to.deep.equal([]);
    const held = await lab.get(lock.by("a"), session);
    await held.fail(
      { step: "act", reason: "exit 1", at: "2026-01-01" },
      { kind: "failed", step: "act" },
    );
    const [record] = await readHistory(session, lock.paths);
    expect(record).to.deep.include({ kind: "failed", step: "act" });
  });

  it("has records that are bounded too, whatever is in them", async () => {
    const lock = newLock();
    const session = await lab.session();
    const held = await lab.get(lock.by("a"), session);
    const before = Array.from({ length: 5000 }, (_, i) => `boot/${i}/1`);
    const reason = "x".repeat(5000);
    await held.release({ kind: "acted", before, reason });
    const [record] = await readHistory(session, lock.paths);
    expect(record!.before).to.have.length(101);
    expect(record!.before!.at(-1)).to.equal("4900 more");
    expect(record!.reason).to.have.length(1000);
  });

  it("is bounded, the newest last, whoever writes it", async () => {
    const lock = newLock();
    const session = await lab.session();
    await (await lab.get(lock.by("a"), session)).release();
    const old = Array.from({ length: HISTORY_LENGTH + 50 }, () =>
      session.create(
        `${lock.paths.history}/h-`,
        Buffer.from('{"v":1,"at":"2026","kind":"acted","by":"old"}'),
        "persistentSequential",
      ),
    );
    await Promise.all(old);
    for (let i = 0; i < 20; i++)
      await hold(session, lock.path, { by: `op${i}`, why: "x" });
    const { children } = await session.getChildren(lock.paths.history);
    expect(children).to.have.length.within(HISTORY_LENGTH, HISTORY_LENGTH + 20);
    const records = await readHistory(session, lock.paths);
    expect(records.at(-1)).to.include({ kind: "hold", by: "op19" });
  });

  it("has one record of a failure, a hold, a release whose answer was lost", async () => {
    const lock = newLock();
    const session = await lab.session();
    const lost = () =>
      (session.script = once(({ kind }) => kind === "multi", {
        lose: "reply",
      }));
    const held = await lab.get(lock.by("a"), session);
    lost();
    await held.fail(
      { step: "act", reason: "exit 1", at: "2026-01-01" },
      { kind: "failed", step: "act" },
    );
    const again = await lab.get(lock.by("a"), session);
    lost();
    await hold(session, lock.path, { by: "op@x", why: "incident" });
    lost();
    await again.release({ kind: "acted" });
    const records = await readHistory(session, lock.paths);
    expect(records.map(({ kind }) => kind)).to.deep.equal([
      "failed",
      "hold",
      "acted",
    ]);
  });

  it("is not taken for empty when an answer is lost", async () => {
    const lock = newLock();
    const session = await lab.session();
    await (await lab.get(lock.by("a"), session)).release({ kind: "acted" });
    for (const kind of ["list", "read"]) {
      session.script = once((request) => request.kind === kind, {
        lose: "reply",
      });
      expect(await readHistory(session, lock.paths)).to.have.length(1);
    }
  });
});

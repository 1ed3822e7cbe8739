import { expect } from "chai";
import {
  endRoll,
  hold,
  readHistory,
  readUnfinishedRoll,
  type HistoryRecord,
  type HolderFacts,
} from "../../core/lock";
import { HISTORY_LENGTH } from "../../core/lock/tree/history";
import { newLock, useLab, type TestLock } from "./lab";
import { once } from "./scripted-session";

const URN = "urn:pulumi:prod::web::pulumi-nodejs:dynamic:RollingAction::roll";

describe("what a roll leaves in the history of its lock", () => {
  const lab = useLab();

  const facts = (runKey: string, urn = URN): HolderFacts => ({
    ...{ run: "run", from: "user@ci", action: "restart app" },
    ...{ urn, runKey, roll: true },
  });

  async function act(
    lock: TestLock,
    target: string,
    kind: HistoryRecord["kind"] = "acted",
    urn = URN,
  ): Promise<void> {
    const session = await lab.session();
    const request = lock.by(target, { facts: facts("key1", urn) });
    const held = await lab.get(request, session);
    await held.release({ kind, after: [`boot/${target}/1`] });
    await session.close();
  }

  const targets = (records: HistoryRecord[]) =>
    records.map(({ target }) => target);

  it("is what was done of it, in order, until its end", async () => {
    const lock = newLock();
    const session = await lab.session();
    expect(await readUnfinishedRoll(session, lock.path, URN)).to.deep.equal([]);
    await act(lock, "web1");
    await act(lock, "web2", "failed");
    await act(lock, "web3", "alreadyRestarted");
    const done = await readUnfinishedRoll(session, lock.path, URN);
    expect(targets(done)).to.deep.equal(["web1", "web3"]);
    expect(done[0]).to.deep.include({
      ...{ urn: URN, runKey: "key1", roll: true, after: ["boot/web1/1"] },
    });
    const why = { urn: URN, runKey: "key1", reason: "3 of 3 done" };
    await endRoll(session, lock.path, "user@ci", why);
    expect(await readUnfinishedRoll(session, lock.path, URN)).to.deep.equal([]);
    await act(lock, "web2");
    const again = await readUnfinishedRoll(session, lock.path, URN);
    expect(targets(again)).to.deep.equal(["web2"]);
    const whole = await readHistory(session, lock.paths);
    expect(whole.map(({ kind }) => kind)).to.deep.equal([
      ...["acted", "failed", "alreadyRestarted", "roll", "acted"],
    ]);
  });

  it("is kept apart for each resource, and from actions that are no part of one", async () => {
    const lock = newLock();
    const session = await lab.session();
    await act(lock, "web1");
    await act(lock, "web2", "acted", `${URN}-of-another-stack`);
    await (
      await lab.get(lock.by("web3", { facts: { ...facts("k"), roll: false } }))
    ).release({ kind: "acted" });
    await endRoll(session, lock.path, "me", {
      urn: `${URN}-of-another-stack`,
      reason: "done",
    });
    const done = await readUnfinishedRoll(session, lock.path, URN);
    expect(targets(done)).to.deep.equal(["web1"]);
  });

  it("outlives the bound on the history while the roll is unfinished, and no longer", async () => {
    const lock = newLock();
    const session = await lab.session();
    await act(lock, "web1");
    const flood = async (from: number) => {
      const more = Array.from({ length: HISTORY_LENGTH + 30 }, () =>
        session.create(
          `${lock.paths.history}/h-`,
          Buffer.from('{"v":1,"at":"2026","kind":"acted","by":"old"}'),
          "persistentSequential",
        ),
      );
      await Promise.all(more);
      // somebody whose turn it is to trim, with twice as many as are kept
      for (let i = 0; i < 40; i++)
        await hold(session, lock.path, { by: `op${from + i}`, why: "x" });
    };
    await flood(0);
    const kept = await readUnfinishedRoll(session, lock.path, URN);
    expect(targets(kept)).to.deep.equal(["web1"]);
    const { children } = await session.getChildren(lock.paths.history);
    expect(children).to.have.length.within(HISTORY_LENGTH, HISTORY_LENGTH + 21);
    await endRoll(session, lock.path, "me", { urn: URN, reason: "done" });
    await flood(40);
    const left = await session.getChildren(lock.paths.history);
    expect(left.children!.filter((name) => !name.startsWith("h-"))).to.be.empty;
  });

  it("is listed the more rarely the more there is of it", async () => {
    const lock = newLock();
    const session = await lab.session();
    await act(lock, "web0");
    const [first] = (await session.getChildren(lock.paths.history)).children!;
    const record = (await session.getData(`${lock.paths.history}/${first!}`))
      .data!;
    const prefix = `${lock.paths.history}/${first!.replace(/\d+$/, "")}`;
    const add = () => session.create(prefix, record, "persistentSequential");
    await Promise.all(Array.from({ length: 2100 }, add));
    session.requests.length = 0;
    for (let i = 0; i < 160; i++)
      await hold(session, lock.path, { by: `op${i}`, why: "x" });
    const lists = session.requests.filter(
      ({ kind, path }) => kind === "list" && path === lock.paths.history,
    );
    // every 80 where there are four times as many as are kept
    expect(lists).to.have.length(2);
    const done = await readUnfinishedRoll(session, lock.path, URN);
    expect(done).to.have.length(2101);
  });

  it("has no end where the lock was never taken", async () => {
    const lock = newLock();
    const session = await lab.session();
    await endRoll(session, lock.path, "me", { urn: URN, reason: "done" });
    const { code } = await session.exists(lock.path);
    expect(code).to.equal("NO_NODE");
  });

  it("is said to be over even if the answer is lost or the history was removed by hand", async () => {
    const lock = newLock();
    const session = await lab.session();
    await act(lock, "web1");
    session.script = once((request) => request.kind === "create", {
      lose: "reply",
    });
    await endRoll(session, lock.path, "me", { urn: URN, reason: "done" });
    expect(await readUnfinishedRoll(session, lock.path, URN)).to.deep.equal([]);
    const { children } = await session.getChildren(lock.paths.history);
    for (const name of children!)
      await session.remove(`${lock.paths.history}/${name}`);
    await session.remove(lock.paths.history);
    expect(await readUnfinishedRoll(session, lock.path, URN)).to.deep.equal([]);
    await endRoll(session, lock.path, "me", { urn: URN, reason: "done" });
    const records = await readHistory(session, lock.paths);
    expect(records.map(({ kind }) => kind)).to.deep.equal(["roll"]);
  });
});

import { expect } from "chai";
import { LockCancelled } from "../../core/lock";
import { eventually } from "../support/eventually";
import { newLock, useLab } from "./lab";
import {
  heldUp,
  isGrant,
  once,
  type Request,
  type ScriptedSession,
} from "./scripted-session";

const failure = { step: "act", reason: "broken", at: "2026-01-01T00:00:00Z" };

/** Whether it writes a holder's record under a sign of life. */
const isRecord = ({ operations }: Request): boolean =>
  operations.length === 2 && operations[1]?.kind === "set";

/** Whether it takes over a holder of the same owner. */
const isAdoption = (request: Request): boolean =>
  isGrant(request) && request.operations.some(({ as }) => as === "old holder");

const isRelive = ({ kind, path }: Request): boolean =>
  kind === "create" && path.includes("/l-");

describe("what a holder sent and comes late", () => {
  const lab = useLab();

  const stateOf = async (path: string): Promise<string> => {
    const { data } = await (await lab.session()).getData(path);
    return (JSON.parse(data!.toString()) as { state: string }).state;
  };

  it("a record does not undo a failure: nobody is granted beside it", async () => {
    const lock = newLock({ maxHolders: 2 });
    const session = await lab.session();
    const held = await lab.get(lock.by("a"), session);
    const { until: late, goOn: arrive } = heldUp();
    // sent in the session that is over, whose live node stands still
    session.script = once(isRecord, { late });
    await held.record({ baseline: { identities: ["1"] } });
    await held.fail(failure);
    expect(await stateOf(held.path)).to.equal("failed");
    // its live node, as the old session would have it still
    const old = session.requests.find(isRecord)!.operations[0]!.path;
    await session.create(old);
    arrive();
    const [reply] = await Promise.all(session.arrived);
    expect(reply!.code).to.equal("BAD_VERSION");
    expect(await stateOf(held.path)).to.equal("failed");
    const next = await lab.contend(lock.by("b"));
    await next.waits();
  });

  it("a record whose answer was lost is written again, and the next one after it", async () => {
    const lock = newLock();
    const session = await lab.session();
    const held = await lab.get(lock.by("a"), session);
    session.script = once(isRecord, { lose: "reply" });
    await held.record({ baseline: { identities: ["1"] } });
    await held.record({ drained: true });
    const { data } = await session.getData(held.path);
    const record = JSON.parse(data!.toString()) as object;
    expect(record).to.deep.include({
      drained: true,
      baseline: { identities: ["1"] },
    });
    await held.release();
  });

  it("an adoption takes over what was recorded since it looked", async () => {
    const lock = newLock();
    const [session, adopting] = [await lab.session(), await lab.session()];
    const held = await lab.get(lock.by("a"), session);
    const back = heldUp();
    session.script = once(isRelive, { before: () => back.until });
    session.loseSession();
    await session.ready({ within: 5000 });
    const sent = heldUp();
    let asked = false;
    adopting.script = once(isAdoption, {
      before: () => {
        asked = true;
        return sent.until;
      },
    });
    const next = await lab.contend(lock.by("a"), adopting);
    // the old session's time at the server has to be over
    await eventually("the adoption is about to be sent", () => asked, {
      within: 30_000,
    });
    back.goOn(); // its run is back, and goes on
    await held.record({ drained: true, baseline: { identities: ["1"] } });
    await held.abandon();
    sent.goOn();
    const adopter = await next.gets();
    expect(adopter.adopted).to.deep.include({
      drained: true,
      baseline: { identities: ["1"] },
    });
    await adopter.release();
  });

  /** A holder whose first RELIVE is held up; another connection has been lost since. */
  async function withLateRelive(session: ScriptedSession) {
    const lock = newLock();
    const held = await lab.get(lock.by("a"), session);
    const first = heldUp();
    let asked = false;
    session.script = once(isRelive, {
      before: () => {
        asked = true;
        return first.until;
      },
      lose: "request",
    });
    session.loseSession();
    await session.ready({ within: 5000 });
    await eventually("it is to be marked as live", () => asked);
    return { lock, held, goOn: first.goOn };
  }

  it("a sign of life does not revive what was abandoned meanwhile", async () => {
    const session = await lab.session();
    const { lock, held, goOn } = await withLateRelive(session);
    const abandoned = held.abandon();
    goOn(); // lost with its connection: it would ask again
    await abandoned;
    const lives = session.requests.filter(isRelive);
    expect(lives).to.have.length(1);
    const name = `holders/0/${held.id}/${session.liveName}`;
    expect(await lab.tree(lock)).not.to.include(name);
    // once the old session is over, its owner has it back
    await (await (await lab.contend(lock.by("a"))).gets()).release();
    await lab.isEmpty(lock);
  });

  it("nor what failed meanwhile: its owner repairs it", async () => {
    const session = await lab.session();
    const { lock, held, goOn } = await withLateRelive(session);
    const failed = held.fail(failure);
    goOn();
    await failed;
    const adopter = await (await lab.contend(lock.by("a"))).gets();
    expect(adopter.adopted?.state).to.equal("failed");
    await adopter.release();
    await lab.isEmpty(lock);
  });

  it("a failure is marked though a server that lags behind does not know the lock yet", async () => {
    const lock = newLock();
    const session = await lab.session();
    const held = await lab.get(lock.by("a"), session);
    session.script = once(
      ({ kind, path }) => kind === "read" && path === lock.path,
      { stale: { code: "NO_NODE" } },
    );
    await held.fail(failure);
    expect(await stateOf(held.path)).to.equal("failed");
  });

  it("a cancel says that it was cancelled, though what it had adopted by then was cleared", async () => {
    const lock = newLock();
    await (await lab.get(lock.by("a"))).fail(failure);
    const [session, operator] = [await lab.session(), await lab.session()];
    const late = heldUp();
    session.script = (request) => {
      if (!isAdoption(request)) return;
      return {
        lose: "reply",
        after: async () => {
          // the answer is lost, and so is the connection until it gives up
          contender.cancel();
          for (const id of await lab.holders(lock)) {
            const path = `${lock.paths.holders}/0/${id}`;
            const { children = [] } = await operator.getChildren(path);
            for (const live of children)
              await operator.remove(`${path}/${live}`);
            await operator.remove(path);
          }
          late.goOn();
        },
      };
    };
    const contender = await lab.contend(lock.by("a"), session);
    await late.until;
    expect(await contender.fails()).to.be.instanceOf(LockCancelled);
  });
});

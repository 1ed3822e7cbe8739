import { expect } from "chai";
import { eventually } from "../support/eventually";
import { newLock, slotOf, useLab, type TestLock } from "./lab";
import {
  heldUp,
  isBeside,
  once,
  type ScriptedSession,
} from "./scripted-session";

describe("what a process knows of those who hold", () => {
  const lab = useLab();

  /** After somebody who had to wait, the next one of the process goes by the queue. */
  async function shunFast(lock: TestLock, session: ScriptedSession) {
    const other = await lab.get(lock.by("before"));
    const next = await lab.contend(lock.by("before"), session);
    await next.waits(); // for the run of its own owner
    await other.release();
    await (await next.gets()).release();
  }

  it("who came by the queue is counted among those who hold", async () => {
    const lock = newLock({ maxHolders: 3 });
    const session = await lab.session();
    const place = await lab.get(lock.by("x"), session);
    const other = await lab.get(lock.by("y"), session);
    await shunFast(lock, session);
    session.take();
    const queued = await lab.get(lock.by("a", { group: "g" }), session);
    expect(slotOf(queued)).to.equal("2");
    await place.release();
    const mate = await lab.get(lock.by("b", { group: "g" }), session);
    expect(slotOf(mate)).to.equal("2");
    await Promise.all([other, queued, mate].map((each) => each.release()));
    await lab.isEmpty(lock);
  });

  it("counts who was refused its release, and tries again", async () => {
    const lock = newLock({ maxHolders: 3 });
    const session = await lab.session();
    const place = await lab.get(lock.by("x"), session);
    const leaves = await lab.get(lock.by("a", { group: "g" }), session);
    const mate = await lab.get(lock.by("b", { group: "g" }), session);
    const other = await lab.get(lock.by("y"), session);
    await place.release();
    const { until: late, goOn: arrive } = heldUp();
    // the slot is not empty: what is sent next names the mate
    const again = once(
      ({ operations }) => operations.some(({ as }) => as === "other"),
      { before: () => late },
    );
    session.script = again;
    session.take();
    const released = leaves.release();
    await eventually("it is refused", () =>
      session.requests.some(({ path }) => path === `${lock.paths.holders}/1`),
    );
    const next = await lab.contend(lock.by("a", { group: "h" }), session);
    await next.waits();
    expect(await lab.holders(lock)).to.have.length(3);
    arrive();
    await released;
    await (await next.gets()).release();
    await Promise.all([mate, other].map((each) => each.release()));
    await lab.isEmpty(lock);
  });

  it("is forgotten when it was wrong", async () => {
    const lock = newLock({ maxHolders: 4 });
    const session = await lab.session();
    const place = await lab.get(lock.by("x"), session);
    await lab.get(lock.by("y"), session);
    await lab.get(lock.by("z"), session);
    await place.release();
    const other = await lab.get(lock.by("a", { group: "g" }));
    session.script = once(isBeside, { after: () => refused.cancel() });
    const refused = await lab.contend(lock.by("b"), session);
    await refused.fails();
    const mate = await lab.get(lock.by("c", { group: "g" }), session);
    expect(slotOf(mate)).to.equal(slotOf(other));
  });
});

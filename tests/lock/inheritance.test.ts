import { expect } from "chai";
import { hold, unhold, type Held } from "../../core/lock";
import { newLock, slotOf, useLab } from "./lab";
import {
  heldUp,
  isGrant,
  isRemoval,
  once,
  type ScriptedSession,
} from "./scripted-session";

describe("what one of a process knows of the others", () => {
  const lab = useLab();

  /** Its release is lost, and sent again when `arrive` is called. */
  function loseRelease(session: ScriptedSession, holder: Held) {
    const { until: late, goOn: arrive } = heldUp();
    const lost = once(isRemoval, { lose: "request" });
    const again = once(isRemoval, { before: () => late });
    session.script = (request) => lost(request) ?? again(request);
    return { released: holder.release(), arrive };
  }

  it("a slot whose release was lost is not asked for over and over", async () => {
    const lock = newLock();
    const session = await lab.session();
    const holder = await lab.get(lock.by("a"), session);
    const next = await lab.contend(lock.by("b"), session);
    await next.waits();
    let asked = 0;
    const { until: refused, goOn } = heldUp();
    const { released, arrive } = loseRelease(session, holder);
    const script = session.script;
    session.script = (request) => {
      const fate = script(request);
      if (fate || !isGrant(request)) return fate;
      asked += 1;
      return { after: goOn };
    };
    await refused;
    await next.waits();
    expect(asked).to.equal(1); // by the one that had gone with the release
    arrive();
    await released;
    await (await next.gets()).release();
    await lab.isEmpty(lock);
  });

  it("who stood behind one that gives up is not first for that", async () => {
    const lock = newLock();
    const session = await lab.session();
    const before = await lab.get(lock.by("x"));
    const granted = await lab.contend(lock.by("a"), session);
    await granted.waits();
    const first = await lab.contend(lock.by("b"));
    await first.waits();
    const leaves = await lab.contend(lock.by("c"), session);
    await leaves.waits();
    const last = await lab.contend(lock.by("d"), session);
    await last.waits();
    await before.release();
    const holder = await granted.gets();
    await first.leads();
    leaves.cancel();
    await leaves.fails();
    await last.waits();
    await holder.release();
    await Promise.race([first.ended, last.ended]);
    expect(last.held).to.equal(null);
    await (await first.gets()).release();
    await (await last.gets()).release();
    await lab.isEmpty(lock);
  });

  it("who was refused and gives up leaves nothing to the one behind it", async () => {
    const lock = newLock();
    const session = await lab.session();
    const holder = await lab.get(lock.by("a"), session);
    const first = await lab.contend(lock.by("b"), session);
    await first.waits();
    const last = await lab.contend(lock.by("c"), session);
    await last.waits();
    const { released, arrive } = loseRelease(session, holder);
    const script = session.script;
    const { until: refused, goOn } = heldUp();
    session.script = (request) =>
      script(request) ?? (isGrant(request) ? { after: goOn } : undefined);
    await refused;
    await first.waits();
    session.take();
    first.cancel();
    await first.fails();
    await last.leads();
    const looks = session.take().map(({ path }) => path);
    expect(looks).to.include(lock.paths.waiters);
    arrive();
    await released;
    await (await last.gets()).release();
    await lab.isEmpty(lock);
  });

  it("who has joined leaves its mates to the one behind it", async () => {
    const lock = newLock({ maxHolders: 2, maxPerGroup: 2, group: "g" });
    const session = await lab.session();
    const mate = await lab.get(lock.by("m"), session);
    const leaves = await lab.get(lock.by("k"), session);
    const joins = await lab.contend(lock.by("a"), session);
    await joins.waits();
    const last = await lab.contend(lock.by("m", { group: "h" }), session);
    await last.waits();
    await leaves.release();
    const joined = await joins.gets();
    await last.leads(); // for the run of its own owner, though there is a place
    await Promise.all([mate.release(), joined.release()]);
    await (await last.gets()).release();
    await lab.isEmpty(lock);
  });

  it("who is of the group of the one before it shares its slot", async () => {
    const lock = newLock({ maxHolders: 2, group: "g" });
    const [session, operator] = [await lab.session(), await lab.session()];
    await (await lab.get(lock.by("z"), session)).release();
    await hold(operator, lock.path, { by: "op@x", why: "look" });
    const waiting = [
      await lab.contend(lock.by("a"), session),
      await lab.contend(lock.by("b"), session),
    ];
    for (const each of waiting) await each.waits();
    await unhold(operator, lock.path, { by: "op@x", why: "seen" });
    const held = await Promise.all(waiting.map((each) => each.gets()));
    expect(held.map(slotOf)).to.deep.equal(["0", "0"]);
    await Promise.all(held.map((each) => each.release()));
    await lab.isEmpty(lock);
  });

  it("who queues behind another process adopts what its owner left since the last grant of its own", async () => {
    const lock = newLock();
    const [session, crashing] = [await lab.session(), await lab.session()];
    const before = await lab.get(lock.by("a"));
    const granted = await lab.contend(lock.by("b"), session);
    await granted.waits();
    await before.release();
    await (await granted.gets()).release();
    await lab.get(lock.by("x"), crashing);
    const head = await lab.contend(lock.by("c"));
    await head.waits();
    const next = await lab.contend(lock.by("d"), session);
    await next.waits();
    await crashing.close();
    const owner = await lab.contend(lock.by("x"), session);
    const held = await owner.gets();
    expect(held.adopted?.target).to.equal("x");
    await held.release();
    await (await head.gets()).release();
    await (await next.gets()).release();
    await lab.isEmpty(lock);
  });
});

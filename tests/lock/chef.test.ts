import { expect } from "chai";
import { clear, describeLock, hold, LockTimeout } from "../../core/lock";
import { decodeLock } from "../../core/lock/records";
import { ChefError, ChefFleet } from "../support/cookbook";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import { newLock, useLab, type TestLock } from "./lab";

let count = 0;
const act = { by: "op@x", why: "test" };

/** The cookbook itself, as another client library plays it: support/cookbook.py. */
describe("beside a Chef node", () => {
  const lab = useLab();
  let sandbox: Sandbox;
  let fleet: ChefFleet;

  before(async () => {
    sandbox = await Sandbox.create();
    fleet = ChefFleet.start(sandbox);
  });
  after(() => sandbox.stop());

  /** A lock shared with the Chef node `web9`. */
  const shared = async (
    mode: "tagged" | "exact" = "tagged",
    tail = "web",
  ): Promise<{ lock: TestLock; path: string }> => {
    const root = `/with-chef-${++count}`;
    const path = `${root}/${tail}`;
    const lock = newLock({ chef: { root, name: tail, mode } });
    const { connect: servers } = lab.server;
    await fleet.node("web9", {
      ...{ servers, path, data: "web9", sleep_time: 0.01 },
    });
    return { lock, path };
  };
  const chefFails = (attempt: Promise<unknown>): Promise<ChefError> =>
    attempt.then(
      () => expect.fail("it did not fail"),
      (error: ChefError) => error,
    );

  it("each waits for the other", async () => {
    const { lock } = await shared();
    const held = await lab.get(lock.by("web1"));
    expect(await fleet.acquire("web9", 0.2)).to.equal(false);
    await held.release();
    expect(await fleet.acquire("web9")).to.equal(true);
    const ours = await lab.contend(lock.by("web1"));
    await ours.waits();
    await fleet.release("web9");
    await (await ours.gets()).release();
    await lab.isEmpty(lock);
  });

  it("we make the first of nested parents, and Chef finds them there", async () => {
    const { lock } = await shared("tagged", "template[/etc/x]/roll");
    await (await lab.get(lock.by("web1"))).release();
    expect(await fleet.acquire("web9")).to.equal(true);
    await fleet.release("web9");
  });

  it("Chef makes the first of nested parents, and we find them there", async () => {
    const { lock } = await shared("tagged", "a/b/c");
    expect(await fleet.acquire("web9")).to.equal(true);
    await fleet.release("web9");
    await (await lab.get(lock.by("web1"))).release();
    await lab.isEmpty(lock);
  });

  it("a host that died under its Chef run is waited for, and its next run takes over", async () => {
    const { lock, path } = await shared();
    const doomed = ChefFleet.start(sandbox);
    const { connect: servers } = lab.server;
    await doomed.node("web9", { servers, path, data: "web9" });
    await doomed.acquire("web9");
    await doomed.kill();
    const ours = await lab.contend(lock.by("web1"));
    expect((await ours.waits()).chef).to.deep.include({
      ...{ kind: "chef", data: "web9", path },
    });
    expect(await fleet.acquire("web9", 0)).to.equal(true); // its own stale one
    await fleet.release("web9");
    await (await ours.gets()).release();
  });

  it("what our crash left keeps Chef out until it is adopted and released", async () => {
    const { lock } = await shared();
    await (await lab.get(lock.by("web9"))).abandon();
    expect(await fleet.acquire("web9", 0.1)).to.equal(false);
    await (await lab.get(lock.by("web9"))).release();
    expect(await fleet.acquire("web9")).to.equal(true);
    await fleet.release("web9");
  });

  it("tagged: the Chef run of the same host neither joins nor deletes it", async () => {
    const { lock } = await shared("tagged");
    const held = await lab.get(lock.by("web9"));
    expect(await fleet.acquire("web9", 0.1)).to.equal(false);
    expect((await chefFails(fleet.release("web9"))).kind).to.equal("NotOurs");
    expect(await fleet.serializeProcess("web9", true)).to.equal("acted");
    expect(await held.release()).to.deep.equal({ lostMirror: null });
  });

  it("exact: the Chef run of the same host takes it for its own stale one", async () => {
    const { lock, path } = await shared("exact");
    const held = await lab.get(lock.by("web9"));
    expect(await fleet.acquire("web9", 0)).to.equal(true);
    await fleet.release("web9");
    expect(await held.release()).to.deep.equal({ lostMirror: path });
    await lab.isEmpty(lock);
  });

  it("a release says so when Chef has the lock by then, and leaves it alone", async () => {
    const { lock, path } = await shared();
    const held = await lab.get(lock.by("web1"));
    await (await lab.session()).remove(path); // somebody breaks it for Chef
    expect(await fleet.acquire("web9")).to.equal(true);
    expect(await held.release()).to.deep.equal({ lostMirror: path });
    await lab.isEmpty(lock);
    expect(await fleet.release("web9")).to.equal(true);
  });

  it("a clear says the same, and still clears", async () => {
    const { lock, path } = await shared();
    const session = await lab.session();
    const held = await lab.get(lock.by("web1"));
    await held.abandon();
    await session.remove(path);
    expect(await clear(session, lock.path, held.id, act)).to.equal(
      "withoutMirror",
    );
    await lab.isEmpty(lock);
  });

  it("our queue is FIFO while Chef nodes come in between", async () => {
    const { lock } = await shared();
    await fleet.acquire("web9");
    const order: string[] = [];
    const all = [];
    for (const target of ["a", "b", "c", "d"]) {
      const contender = await lab.contend(lock.by(target));
      await contender.waits();
      all.push(
        contender.gets().then(async (held) => {
          order.push(target);
          await held.release();
        }),
      );
    }
    await fleet.release("web9");
    expect(await fleet.acquire("web9")).to.equal(true);
    await fleet.release("web9");
    await Promise.all(all);
    expect(order).to.deep.equal(["a", "b", "c", "d"]);
  });

  it("the time-out says that a Chef node has it, since when, and what helps", async () => {
    const { lock, path } = await shared();
    await fleet.acquire("web9");
    const late = await lab.contend(lock.by("web1", { timeout: 0.3 }));
    const error = await late.fails();
    expect(error).to.be.instanceOf(LockTimeout);
    expect(error.message).to.match(
      new RegExp(
        `not got in \\d+ s: held by Chef node web9 \\(${path}\\) for \\d+ s \\(place 1 of 1 in the queue\\)$`,
      ),
    );
    expect(error.story?.join("\n")).to.match(/next Chef run on web9 takes/);
    await fleet.release("web9");
    await lab.isEmpty(lock);
  });

  it("another Chef node in the place of the first is progress: the time-out starts anew", async () => {
    const { lock, path } = await shared();
    const { connect: servers } = lab.server;
    await fleet.node("web8", { servers, path, data: "web8", sleep_time: 0.01 });
    const session = await lab.session();
    await session.create(`/with-chef-${count}`);
    let node = 0;
    const next = () => Buffer.from(`web${++node}`);
    await session.create(path, next());
    const patient = await lab.contend(lock.by("web1", { timeout: 1 }));
    await patient.waits();
    const began = performance.now();
    while (performance.now() - began < 2500) {
      // one after another, without a gap that we could take
      await session.multi([
        { kind: "delete", as: "old", path, version: -1 },
        {
          ...{ kind: "create", as: "new", path, data: next() },
          mode: "persistent",
          open: true,
        },
      ]);
      await patient.waitsAgain();
    }
    await session.remove(path);
    await (await patient.gets()).release();
  });

  it("is found by whoever looks, though nobody of ours waits", async () => {
    const { lock, path } = await shared();
    await (await lab.get(lock.by("web1"))).release();
    const session = await lab.session();
    const look = () => describeLock(session, "/tests", lock.name);
    expect((await look()).chef).to.deep.equal([]);
    await fleet.acquire("web9");
    const [chef] = (await look()).chef;
    expect(chef).to.deep.include({ kind: "chef", data: "web9", path });
    expect(chef!.age).to.be.within(0, 60);
    await fleet.release("web9");
    await lab.get(lock.by("web1"));
    expect((await look()).chef, "a holder of ours has it").to.deep.equal([]);
  });

  it("what is left of a holder that was taken away by hand is found too", async () => {
    const { lock, path } = await shared();
    const held = await lab.get(lock.by("web1"));
    await held.abandon();
    const session = await lab.session();
    for (const node of [held.path, `${lock.paths.holders}/0`])
      expect((await session.remove(node)).code).to.equal("OK");
    const { chef } = await describeLock(session, "/tests", lock.name);
    expect(chef.map(({ kind }) => kind)).to.deep.equal(["other"]);
    const late = await lab.contend(lock.by("web2", { timeout: 0.3 }));
    expect((await late.fails()).message).to.contain("no holder of this lock");
    await session.remove(path);
  });

  it("is known to a lock that was there before, whatever else is written there", async () => {
    const lock = newLock();
    const root = `/with-chef-${++count}`;
    const session = await lab.session();
    await (await lab.get(lock.by("web1"))).release();
    await hold(session, lock.path, act);
    const request = lock.by("web1", {
      ...{ chef: { root, name: "x", mode: "tagged" }, timeout: 0.2 },
    });
    await (await lab.contend(request)).fails();
    const { data } = await session.getData(lock.path);
    const { mirrors, hold: stop } = decodeLock(data!)!;
    expect(mirrors).to.deep.equal([`${root}/x`]);
    expect(stop).to.deep.include(act);
  });

  it("the first of all comes at the same time: one may fail, neither is left", async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 25; round++) {
      const { lock, path } = await shared("tagged", "deep/er/lock");
      const session = await lab.session();
      const chef = fleet.acquire("web9", 5).then(
        (got) => (got ? "got" : "late"),
        (error: ChefError) => error.kind,
      );
      const held = await lab.get(lock.by("web1"));
      await held.release();
      const how = await chef;
      outcomes.add(how);
      if (how === "got") await fleet.release("web9");
      await eventually("nothing is left", async () => {
        return (await session.exists(path)).code === "NO_NODE";
      });
      await session.close();
    }
    // the cookbook takes a parent that another made for a failure: its next run finds it
    expect([...outcomes]).to.satisfy((seen: string[]) =>
      seen.every((how) => ["got", "ChefFailure", "CookbookRace"].includes(how)),
    );
  });
});

import { expect } from "chai";
import { clear } from "../../core/lock";
import { ChefError, ChefFleet } from "../support/cookbook";
import { useLab } from "./lab";
import { useChef } from "./with-chef";

const act = { by: "op@x", why: "test" };

describe("beside a Chef node", () => {
  const lab = useLab();
  const chef = useChef(lab);
  const chefFails = (attempt: Promise<unknown>): Promise<ChefError> =>
    attempt.then(
      () => expect.fail("it did not fail"),
      (error: ChefError) => error,
    );

  it("each waits for the other", async () => {
    const { lock } = await chef.shared();
    const held = await lab.get(lock.by("web1"));
    expect(await chef.fleet.acquire("web9", 0.2)).to.equal(false);
    await held.release();
    expect(await chef.fleet.acquire("web9")).to.equal(true);
    const ours = await lab.contend(lock.by("web1"));
    await ours.waits();
    await chef.fleet.release("web9");
    await (await ours.gets()).release();
    await lab.isEmpty(lock);
  });

  it("we make the first of nested parents, and Chef finds them there", async () => {
    const { lock } = await chef.shared("tagged", "template[/etc/x]/roll");
    await (await lab.get(lock.by("web1"))).release();
    expect(await chef.fleet.acquire("web9")).to.equal(true);
    await chef.fleet.release("web9");
  });

  it("Chef makes the first of nested parents, and we find them there", async () => {
    const { lock } = await chef.shared("tagged", "a/b/c");
    expect(await chef.fleet.acquire("web9")).to.equal(true);
    await chef.fleet.release("web9");
    await (await lab.get(lock.by("web1"))).release();
    await lab.isEmpty(lock);
  });

  it("a host that died under its Chef run is waited for, and its next run takes over", async () => {
    const { lock, path } = await chef.shared();
    const doomed = ChefFleet.start(chef.sandbox);
    const { connect: servers } = lab.server;
    await doomed.node("web9", { servers, path, data: "web9" });
    await doomed.acquire("web9");
    await doomed.kill();
    const ours = await lab.contend(lock.by("web1"));
    expect((await ours.tells()).chef).to.deep.include({
      ...{ kind: "chef", data: "web9", path },
    });
    expect(await chef.fleet.acquire("web9", 0)).to.equal(true); // its own stale one
    await chef.fleet.release("web9");
    await (await ours.gets()).release();
  });

  it("what our crash left keeps Chef out until it is adopted and released", async () => {
    const { lock } = await chef.shared();
    await (await lab.get(lock.by("web9"))).abandon();
    expect(await chef.fleet.acquire("web9", 0.1)).to.equal(false);
    await (await lab.get(lock.by("web9"))).release();
    expect(await chef.fleet.acquire("web9")).to.equal(true);
    await chef.fleet.release("web9");
  });

  it("tagged: the Chef run of the same host neither joins nor deletes it", async () => {
    const { lock } = await chef.shared("tagged");
    const held = await lab.get(lock.by("web9"));
    expect(await chef.fleet.acquire("web9", 0.1)).to.equal(false);
    expect((await chefFails(chef.fleet.release("web9"))).kind).to.equal(
      "NotOurs",
    );
    expect(await chef.fleet.serializeProcess("web9", true)).to.equal("acted");
    expect(await held.release()).to.deep.equal({ lostMirror: null });
  });

  it("exact: the Chef run of the same host takes it for its own stale one", async () => {
    const { lock, path } = await chef.shared("exact");
    const held = await lab.get(lock.by("web9"));
    expect(await chef.fleet.acquire("web9", 0)).to.equal(true);
    await chef.fleet.release("web9");
    expect(await held.release()).to.deep.equal({ lostMirror: path });
    await lab.isEmpty(lock);
  });

  it("a release says so when Chef has the lock by then, and leaves it alone", async () => {
    const { lock, path } = await chef.shared();
    const held = await lab.get(lock.by("web1"));
    await (await lab.session()).remove(path); // somebody breaks it for Chef
    expect(await chef.fleet.acquire("web9")).to.equal(true);
    expect(await held.release()).to.deep.equal({ lostMirror: path });
    await lab.isEmpty(lock);
    expect(await chef.fleet.release("web9")).to.equal(true);
  });

  it("a clear says the same, and still clears", async () => {
    const { lock, path } = await chef.shared();
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
    const { lock } = await chef.shared();
    await chef.fleet.acquire("web9");
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
    await chef.fleet.release("web9");
    expect(await chef.fleet.acquire("web9")).to.equal(true);
    await chef.fleet.release("web9");
    await Promise.all(all);
    expect(order).to.deep.equal(["a", "b", "c", "d"]);
  });

  it("the first of all comes at the same time: one may fail, neither is left", async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 25; round++) {
      const { lock, path } = await chef.shared("tagged", "deep/er/lock");
      const theirs = chef.fleet.acquire("web9", 5).then(
        async (got) => {
          if (got) await chef.fleet.release("web9");
          return got ? "got" : "late";
        },
        (error: ChefError) => error.kind,
      );
      await (await lab.get(lock.by("web1"))).release();
      outcomes.add(await theirs);
      const session = await lab.session();
      expect((await session.exists(path)).code).to.equal("NO_NODE");
      await session.close();
    }
    // the cookbook takes a parent that another made for a failure: its next run finds it
    expect([...outcomes]).to.satisfy((seen: string[]) =>
      seen.every((how) => ["got", "ChefFailure", "CookbookRace"].includes(how)),
    );
  });
});

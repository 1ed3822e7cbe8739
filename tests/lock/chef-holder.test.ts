import { expect } from "chai";
import { describeLock, hold, LockTimeout } from "../../core/lock";
import { decodeLock } from "../../core/lock/tree/records";
import { newLock, useLab } from "./lab";
import { useChef } from "./with-chef";

const act = { by: "op@x", why: "test" };

describe("a Chef node that has the lock", () => {
  const lab = useLab();
  const chef = useChef(lab);

  it("the time-out says that a Chef node has it, since when, and what helps", async () => {
    const { lock, path } = await chef.shared();
    await chef.fleet.acquire("web9");
    const late = await lab.contend(lock.by("web1", { timeout: 0.3 }));
    const error = await late.fails();
    expect(error).to.be.instanceOf(LockTimeout);
    expect(error.message).to.match(
      new RegExp(
        `not got in \\d+ s: held by Chef node web9 \\(${path}\\) for \\d+ s \\(place 1 of 1 in the queue\\)$`,
      ),
    );
    expect(error.story?.join("\n")).to.match(/next Chef run on web9 takes/);
    await chef.fleet.release("web9");
    await lab.isEmpty(lock);
  });

  it("another Chef node in the place of the first is progress: the time-out starts anew", async () => {
    const { lock, root, path } = await chef.shared();
    const session = await lab.session();
    await session.create(root);
    let node = 0;
    const next = () => Buffer.from(`web${++node}`);
    await session.create(path, next());
    const patient = await lab.contend(lock.by("web1", { timeout: 2 }));
    await patient.tells();
    const began = performance.now();
    while (performance.now() - began < 2500) {
      // one after another, without a gap that we could take
      await session.multi([
        { kind: "delete", as: "old", path, version: -1 },
        {
          ...{ kind: "create", as: "new", path, data: next() },
          mode: "persistent",
          access: "anyone",
        },
      ]);
      await patient.waitsAgain();
    }
    await session.remove(path);
    await (await patient.gets()).release();
  });

  it("is found by whoever looks, though nobody of ours waits", async () => {
    const { lock, path } = await chef.shared();
    await (await lab.get(lock.by("web1"))).release();
    const session = await lab.session();
    const look = () => describeLock(session, "/tests", lock.name);
    expect((await look()).chef).to.deep.equal([]);
    await chef.fleet.acquire("web9");
    const [holder] = (await look()).chef;
    expect(holder).to.deep.include({ kind: "chef", data: "web9", path });
    expect(holder!.age).to.be.within(0, 60);
    await chef.fleet.release("web9");
    await lab.get(lock.by("web1"));
    expect((await look()).chef, "a holder of ours has it").to.deep.equal([]);
  });

  it("what is left of a holder that was taken away by hand is found too", async () => {
    const { lock, path } = await chef.shared();
    const held = await lab.get(lock.by("web1"));
    await held.abandon();
    const session = await lab.session();
    for (const node of [held.path, `${lock.paths.holders}/0`])
      expect((await session.remove(node)).code).to.equal("OK");
    const view = await describeLock(session, "/tests", lock.name);
    expect(view.chef.map(({ kind }) => kind)).to.deep.equal(["other"]);
    const late = await lab.contend(lock.by("web2", { timeout: 0.3 }));
    expect((await late.fails()).message).to.contain("no holder of this lock");
    await session.remove(path);
  });

  it("is known to a lock that was there before, whatever else is written there", async () => {
    const lock = newLock();
    const root = "/with-chef-later";
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
});

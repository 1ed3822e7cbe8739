import { expect } from "chai";
import {
  clear,
  clearChef,
  describeLock,
  listLocks,
  lockPath,
  LockRefused,
  readHoldersOf,
} from "../../core/lock";
import { EMPTY } from "../../core/zookeeper/operations";
import { newLock, useLab } from "./lab";

const auth = [{ scheme: "digest", credentials: "ours:secret" }];

describe("a lock with credentials", () => {
  const lab = useLab();

  it("can be used by who has them, and not be written or read by others", async () => {
    const lock = newLock({ root: "/closed" });
    const path = `/closed/${lock.name.replace(" ", "%20")}`;
    const [ours, theirs] = [await lab.session({ auth }), await lab.session()];
    const held = await lab.get(lock.by("a"), ours);
    for (const reply of [
      await theirs.getData(path),
      await theirs.remove(held.path),
      await theirs.create(`${path}/waiters/x`),
      await theirs.setData(path, Buffer.from("{}"), -1),
    ])
      expect(reply.code).to.equal("NO_AUTH");
    const error = await (await lab.contend(lock.by("b"), theirs)).fails();
    expect(error).to.be.instanceOf(LockRefused);
    expect(error.message).to.equal(
      `reading ${path}: ZooKeeper at ${lab.server.connect} answered NO_AUTH`,
    );
    const again = await lab.contend(lock.by("b"), await lab.session({ auth }));
    await again.waits();
    await held.release();
    await (await again.gets()).release();
  });

  it("shares the parents that it makes: others put their locks beside it, and take nothing away", async () => {
    const root = "/shared/by/all";
    const ours = await lab.session({ auth });
    const lock = newLock({ root });
    await (await lab.get(lock.by("a"), ours)).release();
    const closed = lockPath(root, lock.name);
    const others = [
      await lab.session(),
      await lab.session({
        auth: [{ scheme: "digest", credentials: "others:secret" }],
      }),
    ];
    for (const theirs of others) {
      const beside = newLock({ root });
      await (await lab.get(beside.by("b"), theirs)).release();
      const names = (await listLocks(theirs, root)).map(({ name }) => name);
      expect(names).to.include(beside.name).and.not.to.include(lock.name);
      expect((await theirs.remove("/shared/by")).code).to.equal("NOT_EMPTY");
      expect((await theirs.remove(closed)).code).to.equal("NOT_EMPTY");
      expect((await theirs.setData(root, EMPTY, -1)).code).to.equal("NO_AUTH");
    }
  });

  it("is not told as free where a part of it is closed to who looks", async () => {
    const [ours, theirs] = [await lab.session(), await lab.session({ auth })];
    for (const closed of ["holders", "holders/0", "waiters", "chef"]) {
      const lock = newLock({ root: "/tests" });
      const chef = `/chef-${lock.name.replace(" ", "-")}`;
      const data = { v: 2, max: 1, maxFailures: 1, mirrors: [chef] };
      const path = lockPath("/tests", lock.name);
      await ours.create("/tests");
      await ours.create(path, Buffer.from(JSON.stringify(data)));
      for (const part of ["holders", "waiters", "history"])
        if (part !== closed) await ours.create(`${path}/${part}`);
      const hidden = closed === "chef" ? chef : `${path}/${closed}`;
      await theirs.create(hidden, EMPTY, "persistent", "own");
      const refused = `answered NO_AUTH`;
      const seen = await describeLock(ours, "/tests", lock.name).then(
        () => "free",
        (error: LockRefused) => error.message,
      );
      expect(seen, closed)
        .to.contain(refused)
        .and.contain(hidden.split("/").at(-1));
      if (closed === "chef" || closed === "waiters") continue;
      const held = await readHoldersOf(ours, path).then(
        () => "nobody",
        (error: LockRefused) => error.message,
      );
      expect(held, closed).to.contain(refused);
    }
  });

  it("counts a waiter whose record is closed to who looks", async () => {
    const [ours, theirs] = [await lab.session(), await lab.session({ auth })];
    const lock = newLock({ root: "/tests" });
    await (await lab.get(lock.by("a"), ours)).release();
    const path = lockPath("/tests", lock.name);
    const name = "0123456789abcdef-0123456789abcdef-";
    await theirs.create(
      `${path}/waiters/${name}`,
      EMPTY,
      "ephemeralSequential",
      "own",
    );
    const { waiters } = await describeLock(ours, "/tests", lock.name);
    expect(waiters).to.have.length(1);
    expect(waiters[0]!.record).to.equal(null);
  });

  it("is refused to who has others", async () => {
    const lock = newLock({ root: "/closed" });
    await (await lab.get(lock.by("a"), await lab.session({ auth }))).release();
    const wrong = [{ scheme: "digest", credentials: "ours:guessed" }];
    const theirs = await lab.session({ auth: wrong });
    const error = await (await lab.contend(lock.by("b"), theirs)).fails();
    expect(error).to.be.instanceOf(LockRefused);
    expect(`${error.message} ${error.story?.join()}`).not.to.match(/guessed/);
  });

  it("lies open below a parent that is closed to its users", async () => {
    const lock = newLock({ root: "/admin/team" });
    const admin = await lab.session({ auth });
    await admin.create("/admin");
    const open = {
      kind: "create",
      as: "team",
      path: "/admin/team",
      data: EMPTY,
      mode: "persistent",
      access: "anyone",
    } as const;
    expect((await admin.multi([open])).code).to.equal("OK");
    await (await lab.get(lock.by("a"))).release();
    const nowhere = newLock({ root: "/admin/nobody" });
    const error = await (await lab.contend(nowhere.by("a"))).fails();
    expect(error).to.be.instanceOf(LockRefused);
    expect(error.message).to.match(/^creating \/admin\/nobody\/lock%20\d+: /);
  });

  it("is not used where anybody may change it: who has no credentials made it, and may have planted anything", async () => {
    const lock = newLock();
    await (await lab.get(lock.by("x"))).release();
    const ours = await lab.session({ auth });
    const error = await (await lab.contend(lock.by("a"), ours)).fails();
    expect(error).to.be.instanceOf(LockRefused);
    expect(error.message).to.equal(
      `${lock.path} in ZooKeeper is open to everybody, and credentials are given: whoever reaches ZooKeeper may have written what stands there`,
    );
    expect(error.story?.join()).to.contain("locked-action doctor");
    expect(await lab.waiters(lock)).to.deep.equal([]);
  });

  it("is not used where its holders are open, though it is closed itself", async () => {
    const lock = newLock();
    const ours = await lab.session({ auth });
    await (await lab.get(lock.by("a"), ours)).release();
    await ours.remove(lock.paths.holders);
    const theirs = { as: "x", kind: "create", access: "anyone" } as const;
    const data = { data: EMPTY, mode: "persistent" } as const;
    const open = { ...theirs, ...data, path: lock.paths.holders };
    expect((await ours.multi([open])).code).to.equal("OK");
    const other = await lab.session({ auth });
    const error = await (await lab.contend(lock.by("b"), other)).fails();
    expect(error.message).to.match(/ is open to everybody, /);
  });

  it("frees no Chef lock that a lock open to everybody names", async () => {
    const [ours, planter] = [await lab.session({ auth }), await lab.session()];
    const lock = newLock({ chef: { root: "/planted", mode: "tagged" } });
    const held = await lab.get(lock.by("x"), planter);
    await held.abandon();
    const act = { by: "op@x", why: "test", forceLive: true };
    const { chef, mirrors } = await describeLock(planter, "/tests", lock.name);
    expect(chef).to.deep.equal([]);
    expect(await clear(ours, lock.path, held.id, act)).to.equal(
      "withoutMirror",
    );
    const mirror = mirrors[0]!;
    expect((await planter.exists(mirror)).code).to.equal("OK");
    const left = await describeLock(planter, "/tests", lock.name);
    const why = await clearChef(ours, lock.path, left.chef[0]!, act).catch(
      (error: Error) => error.message,
    );
    expect(why).to.match(/ is open to everybody, /);
    expect((await planter.exists(mirror)).code).to.equal("OK");
    expect(await clearChef(planter, lock.path, left.chef[0]!, act)).to.equal(
      true,
    );
  });

  it("whose holder alone is closed is refused, not asked for ever", async () => {
    const lock = newLock();
    const first = await lab.get(lock.by("x"));
    const ours = await lab.session({ auth });
    const id = "0123456789abcdef-0123456789abcdef";
    const waiter = `${lock.paths.waiters}/${id}-`;
    await ours.create(waiter, EMPTY, "ephemeralSequential");
    // behind a waiter that it may not read
    const behind = await (await lab.contend(lock.by("c"))).fails();
    expect(behind.message).to.match(
      /^reading \/tests\/lock%20\d+\/waiters\/\S+: ZooKeeper at \S+ answered NO_AUTH$/,
    );
    const [name] = (await ours.getChildren(lock.paths.waiters)).children!;
    await ours.remove(`${lock.paths.waiters}/${name}`);
    await first.release();
    const slot = { as: "x", kind: "create", mode: "persistent" } as const;
    const path = `${lock.paths.holders}/0`;
    await ours.multi([
      { ...slot, path, data: EMPTY },
      { ...slot, as: "h", path: `${path}/${id}`, data: EMPTY },
    ]);
    const error = await (await lab.contend(lock.by("b"))).fails();
    expect(error.message).to.match(
      /^(listing|reading) \/tests\/lock%20\d+\/holders.*: ZooKeeper at \S+ answered NO_AUTH$/,
    );
    expect(await lab.waiters(lock)).to.deep.equal([]);
  });
});

import { expect } from "chai";
import { listLocks, lockPath, LockRefused } from "../../core/lock";
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

  it("whose holder alone is closed is refused, not asked for ever", async () => {
    const lock = newLock();
    const first = await lab.get(lock.by("x"));
    const closed = await lab.contend(lock.by("a"), await lab.session({ auth }));
    await closed.waits();
    // behind a waiter that it may not read
    const behind = await (await lab.contend(lock.by("c"))).fails();
    expect(behind.message).to.match(
      /^reading \/tests\/lock%20\d+\/waiters\/\S+: ZooKeeper at \S+ answered NO_AUTH$/,
    );
    await first.release();
    await closed.gets();
    const error = await (await lab.contend(lock.by("b"))).fails();
    expect(error.message).to.equal(
      `listing ${lock.paths.holders}: ZooKeeper at ${lab.server.connect} answered NO_AUTH`,
    );
    expect(await lab.waiters(lock)).to.deep.equal([]);
  });
});

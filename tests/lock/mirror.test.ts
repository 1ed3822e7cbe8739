import { expect } from "chai";
import { clear, mirrorPath } from "../../core/lock";
import type { Session } from "../../core/zookeeper/session";
import { newLock, useLab } from "./lab";

let count = 0;
/** A Chef namespace of a test's own. */
const chefRoot = () => `/chef${++count}`;

describe("the Chef cookbook's lock, held together with ours", () => {
  const lab = useLab();

  const mirrorOf = async (session: Session, path: string) => {
    const { code, data, stat } = await session.getData(path);
    return code === "OK"
      ? { data: data!.toString(), version: stat!.version }
      : code;
  };

  it("has the cookbook's path", () => {
    const chef = (root: string, name?: string) =>
      ({ root, mode: "tagged", ...(name && { name }) }) as const;
    for (const [root, name, path] of [
      ["/lock", "hdfs restart", "/lock/hdfs:restart"],
      ["/lock//", "a  b   c", "/lock/a:b:c"],
      ["/lock", "//racks/r1", "/lock/racks/r1"],
      ["/lock/", "/x", "/lock/x"],
    ] as const)
      expect(mirrorPath(chef(root), name)).to.equal(path);
    expect(mirrorPath(chef("/lock", "other"), "mine")).to.equal("/lock/other");
  });

  it("tagged: Chef waits for us and never takes it for its own", async () => {
    const lock = newLock({ chef: { root: chefRoot(), mode: "tagged" } });
    const session = await lab.session();
    const held = await lab.get(lock.by("web1"));
    const path = `/chef${count}/${lock.name.replace(" ", ":")}`;
    const mirror = await mirrorOf(session, path);
    expect(mirror).to.have.property("version", 1);
    expect(mirror)
      .to.have.property("data")
      .that.matches(/^web1 la\/[0-9a-f]{16}$/);
    expect((await session.getChildren(path)).children).to.deep.equal([]);
    await held.release();
    expect(await mirrorOf(session, path)).to.equal("NO_NODE");
    await lab.isEmpty(lock);
  });

  it("exact: the lock data alone, below parents with an empty buffer", async () => {
    const root = `${chefRoot()}/deep`;
    const chef = { root, mode: "exact", name: "r1/x" } as const;
    const lock = newLock({ chef });
    const session = await lab.session();
    await lab.get(lock.by("web1"));
    const path = `${root}/r1/x`;
    expect(await mirrorOf(session, path)).to.deep.equal({
      data: "web1",
      version: 1,
    });
    for (const parent of [`/chef${count}`, root, `${root}/r1`])
      expect(await mirrorOf(session, parent)).to.deep.equal({
        data: "",
        version: 0,
      });
  });

  it("is waited for while a Chef node has it, from the front of the queue", async () => {
    const chef = { root: chefRoot(), mode: "tagged", name: "x" } as const;
    const lock = newLock({ chef });
    const session = await lab.session();
    await session.create(chef.root);
    await session.create(`${chef.root}/x`, Buffer.from("web9"));
    const first = await lab.contend(lock.by("web1"));
    await first.waits();
    const second = await lab.contend(lock.by("web2"));
    await second.waits();
    expect(await lab.holders(lock)).to.deep.equal([]);
    await session.remove(`${chef.root}/x`);
    const held = await first.gets();
    expect(second.held).to.equal(null);
    await held.release();
    await (await second.gets()).release();
    await lab.isEmpty(lock);
    expect(await mirrorOf(session, `${chef.root}/x`)).to.equal("NO_NODE");
  });

  it("goes with the slot: members who join or leave do not touch it", async () => {
    const chef = { root: chefRoot(), mode: "tagged", name: "x" } as const;
    const lock = newLock({ chef });
    const session = await lab.session();
    const first = await lab.get(lock.by("a", { group: "g" }));
    const before = await mirrorOf(session, `${chef.root}/x`);
    const second = await lab.get(lock.by("b", { group: "g", chef: undefined }));
    await first.release();
    expect(await mirrorOf(session, `${chef.root}/x`)).to.deep.equal(before);
    await second.release();
    expect(await mirrorOf(session, `${chef.root}/x`)).to.equal("NO_NODE");
  });

  it("is freed by a clear, and by who adopts without knowing of Chef", async () => {
    const chef = { root: chefRoot(), mode: "tagged", name: "x" } as const;
    const lock = newLock({ chef });
    const session = await lab.session();
    const held = await lab.get(lock.by("a"));
    await held.abandon();
    await clear(session, lock.path, held.id, { by: "op@x", why: "test" });
    expect(await mirrorOf(session, `${chef.root}/x`)).to.equal("NO_NODE");
    await (await lab.get(lock.by("a"))).abandon();
    const adopter = await lab.get(lock.by("a", { chef: undefined }));
    await adopter.release();
    expect(await mirrorOf(session, `${chef.root}/x`)).to.equal("NO_NODE");
  });

  it("that is not ours any more is left alone, and our lock is freed", async () => {
    const chef = { root: chefRoot(), mode: "tagged", name: "x" } as const;
    const lock = newLock({ chef });
    const session = await lab.session();
    const path = `${chef.root}/x`;
    const cleared = await lab.get(lock.by("a"));
    await session.remove(path);
    await session.create(path, Buffer.from("web9")); // Chef took it
    await cleared.release();
    await lab.isEmpty(lock);
    expect(await mirrorOf(session, path)).to.deep.equal({
      data: "web9",
      version: 0,
    });
  });

  it("is open to Chef though our lock is not", async () => {
    const auth = [{ scheme: "digest", credentials: "ours:secret" }];
    const chef = { root: chefRoot(), mode: "tagged", name: "x" } as const;
    const lock = newLock({ chef, root: "/closed-by-chef-test" });
    await lab.get(lock.by("a"), await lab.session({ auth }));
    const other = await lab.session();
    expect((await other.remove(`${chef.root}/x`)).code).to.equal("OK");
  });
});

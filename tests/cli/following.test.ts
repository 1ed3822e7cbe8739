import { expect } from "chai";
import { waitJson, watchJson } from "../../cli/json";
import { eventually } from "../support/eventually";
import { startProxy } from "../support/proxy";
import { Sandbox } from "../support/sandbox";
import { startZookeeper, type ZookeeperServer } from "../support/zookeeper";
import { locked, start } from "./command";
import { Locks, ROOT } from "./locks";
import { CTRL_C, HOME, startInTerminal } from "./terminal";

describe("following locks", () => {
  let sandbox: Sandbox;
  let zookeeper: ZookeeperServer;
  let locks: Locks;
  const follow = (...args: string[]) =>
    start(sandbox, [...args, "--servers", zookeeper.connect]);

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await startZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  it("prints a line for each change into a pipe, of locks that come later too", async () => {
    const watch = follow("watch");
    const held = await locks.live("pipe", "web1");
    await watch.said(/Z {2}pipe {2}live {2}holders 1\/1 {2}waiters 0 {2}web1/);
    const { granted } = await locks.waiting("pipe", "web2");
    await watch.said(/pipe {2}live .* waiters 1/);
    await held.release();
    await watch.said(/pipe {2}live .* waiters 0 {2}web2/);
    await (await granted).release();
    await watch.said("pipe  free");
    expect(watch.stdout(), "no colours in a pipe").not.to.contain("\u001b");
    watch.child.kill("SIGINT");
    const { code, stderr } = await watch.ended;
    expect([code, stderr]).to.deep.equal([0, ""]);
  });

  it("goes on beside nodes of others and locks that are closed to it, and sees what they become", async () => {
    const own = await locks.session();
    const theirs = await locks.session([
      { scheme: "digest", credentials: "other:secret" },
    ]);
    await own.create(`${ROOT}/foreign`, Buffer.from("{broken"));
    await theirs.create(`${ROOT}/closed`, Buffer.from('{"v":2,"max":1}'));
    const watch = follow("watch");
    await (await locks.live("beside", "web1")).release();
    await watch.said(/Z {2}beside {2}free/);
    await own.create(`${ROOT}/later`, Buffer.from("x"));
    await own.setData(`${ROOT}/foreign`, Buffer.from('{"v":2,"max":1}'), -1);
    await watch.said(/Z {2}foreign {2}free/);
    await own.setData(`${ROOT}/foreign`, Buffer.from("x"), -1);
    await watch.said(/Z {2}foreign {2}gone/);
    watch.child.kill("SIGINT");
    expect(await watch.ended).to.deep.include({ code: 0, stderr: "" });
    expect(watch.stdout()).not.to.match(/closed|later/);
    for (const name of ["foreign", "later"])
      await own.remove(`${ROOT}/${name}`);
    await theirs.remove(`${ROOT}/closed`);
  });

  it("tells changes inside a group, and of a hold, as JSON lines", async () => {
    const group = { group: "rack7" };
    const first = await locks.live("group", "web1", group);
    const watch = follow("watch", "group", "--json");
    const last = () => {
      const line = watch.stdout().trim().split("\n").at(-1);
      return line ? watchJson.parse(JSON.parse(line)).lock : null;
    };
    const holders = (...targets: string[]) =>
      eventually(`held by ${targets.join()}`, () => {
        const seen = last()?.holders.map(({ target }) => target);
        return seen?.sort().join() === targets.join();
      });
    await holders("web1");
    const second = await locks.live("group", "web2", group);
    await holders("web1", "web2");
    await first.release();
    await holders("web2");
    await second.abandon();
    await eventually("stale", () => last()?.holders[0]?.state === "stale");
    await locked(sandbox, [
      ...["hold", "group", "-m", "x", "--servers", zookeeper.connect],
    ]);
    await eventually("on hold", () => last()?.hold?.why === "x");
    watch.child.kill("SIGTERM");
    expect((await watch.ended).code).to.equal(143);
  });

  it("says when the connection is gone, and goes on when it is back", async () => {
    const held = await locks.live("back", "web1");
    const watch = follow("watch", "back");
    await watch.said("back  live");
    await zookeeper.restart();
    await held.release();
    await watch.said("back  free");
    watch.child.kill("SIGINT");
    expect((await watch.ended).code).to.equal(0);
  });

  it("asks ZooKeeper nothing while nothing happens", async () => {
    await locks.live("quiet", "web1");
    const proxy = await startProxy(zookeeper.port);
    try {
      const watch = startInTerminal(sandbox, [
        ...["watch", "--servers", `127.0.0.1:${proxy.port}`],
      ]);
      await watch.said("quiet");
      const drawn = () => watch.stdout().split(HOME).length;
      const settled = drawn() + 1;
      await eventually("it has settled", () => drawn() > settled);
      const asked: string[] = [];
      proxy.onRequest = (chunk) => {
        const text = chunk.toString("latin1");
        if (text.includes("/locked-action")) asked.push(text);
      };
      const before = drawn();
      await eventually("ages were drawn anew", () => drawn() > before + 2);
      expect(asked, "but heartbeats").to.deep.equal([]);
      watch.write(CTRL_C);
      await watch.ended;
    } finally {
      await proxy.close();
    }
  });

  it("ends when nobody reads any more", async () => {
    const held = await locks.live("head", "web1");
    const watch = follow("watch", "head");
    await watch.said("head  live");
    watch.child.stdout?.destroy();
    await held.release();
    expect((await watch.ended).code).to.equal(141);
  });

  it("waits until a lock is free", async () => {
    const held = await locks.live("wait", "web1");
    const { granted } = await locks.waiting("wait", "web2");
    const wait = follow("wait", "wait", "--json");
    await held.release();
    const next = await granted;
    expect(wait.child.exitCode, "between two holders").to.equal(null);
    await next.release();
    const { code, stdout } = await wait.ended;
    expect(code).to.equal(0);
    expect(waitJson.parse(JSON.parse(stdout)).lock).to.equal("wait");
  });

  it("stops waiting with 4 when a holder has failed, or the time is over", async () => {
    await locks.failed("stuck", "web1");
    const stuck = await follow("wait", "stuck").ended;
    expect(stuck.code).to.equal(4);
    expect(stuck.stderr).to.match(/^locked-action: lock stuck: not free: web1/);
    expect(stuck.stderr).to.contain("locked-action clear stuck --holder");
    const late = ["--on-failed-holder", "wait", "--timeout", "0.2"];
    const ended = await follow("wait", "stuck", ...late).ended;
    expect(ended.code).to.equal(4);
    expect(ended.stderr).to.contain("lock stuck: not free in 0.2 s");
  });
});

import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { errorJson } from "../../cli/json";
import { eventually } from "../support/eventually";
import { startProxy } from "../support/proxy";
import { Sandbox } from "../support/sandbox";
import { startZookeeper, type ZookeeperServer } from "../support/zookeeper";
import { locked, start } from "./command";
import { Locks } from "./locks";

describe("when it cannot be done", () => {
  let sandbox: Sandbox;
  let zookeeper: ZookeeperServer;
  let locks: Locks;

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await startZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
    await locks.live("web", "web1");
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  it("exits with 2 for what it does not understand, and says where to read on", async () => {
    const cases = [
      [["lits"], /^locked-action: unknown command 'lits'\n {2}.*list/],
      [["list", "--color"], /^locked-action: unknown option '--color'/],
      [["show"], /missing required argument 'name'/],
      [["wait", "web", "--timeout", "soon"], /Expected a number of seconds/],
      [["set", "web", "--max-holders", "0"], /Expected a whole number from 1/],
      [
        ["list", "--servers", "h:abc"],
        /^locked-action: --servers: ZooKeeper servers: server 1: expected a port/,
      ],
      [["list", "--servers", "h", "--root", "x"], /--root: .*begins with \//],
      [["list"], /^locked-action: no ZooKeeper servers are given\n {2}on the/],
    ] as const;
    const all = cases.map(async ([args, said]) => {
      const { code, stdout, stderr } = await locked(sandbox, [...args]);
      expect([code, stdout]).to.deep.equal([2, ""], stderr);
      expect(stderr).to.match(said);
    });
    await Promise.all(all);
  });

  it("prints its help for no command at all, with exit code 2, and for --help with 0", async () => {
    const none = await locked(sandbox, []);
    expect(none.code).to.equal(2);
    const help = await locked(sandbox, ["clear", "--help"]);
    expect([help.code, help.stderr]).to.deep.equal([0, ""]);
    for (const part of [
      "Usage: locked-action clear",
      "Examples:",
      "Exit codes:",
      "--servers <list>",
    ])
      expect(help.stdout).to.contain(part);
  });

  it("exits with 5 when ZooKeeper is not reachable, in the time that was given", async () => {
    const proxy = await startProxy(zookeeper.port);
    try {
      for (const mode of ["refuse", "blackhole"] as const) {
        proxy.mode = mode;
        const { code, stderr } = await locked(sandbox, [
          ...["list", "--servers", `127.0.0.1:${proxy.port}`],
          ...["--connect-timeout", "0.5", "--json"],
        ]);
        expect(code).to.equal(5);
        const { error } = errorJson.parse(JSON.parse(stderr));
        expect(error.message).to.match(
          /is not reachable: not connected within/,
        );
        expect(error.story.join()).to.contain("locked-action doctor --servers");
      }
    } finally {
      await proxy.close();
    }
  });

  it("does not take a lost answer for a lock that nobody holds", async () => {
    const proxy = await startProxy(zookeeper.port);
    let cuts = 0;
    proxy.onRequest = (chunk) => {
      if (cuts === 0 && chunk.includes("/web/holders")) {
        cuts += 1;
        proxy.cut();
      }
    };
    try {
      const servers = ["--servers", `127.0.0.1:${proxy.port}`];
      const { code, stdout } = await locked(sandbox, ["list", ...servers]);
      expect([code, cuts]).to.deep.equal([0, 1]);
      expect(stdout).to.match(/^web +1\/1 +live/m);
    } finally {
      await proxy.close();
    }
  });

  it("ends on Ctrl-C while ZooKeeper does not answer", async () => {
    const proxy = await startProxy(zookeeper.port);
    try {
      const watch = start(sandbox, [
        ...["watch", "web", "--servers", `127.0.0.1:${proxy.port}`],
      ]);
      await watch.said("web  live");
      proxy.mode = "blackhole";
      await locks.waiting("web", "web2");
      watch.child.kill("SIGINT");
      expect((await watch.ended).code).to.equal(0);
    } finally {
      await proxy.close();
    }
  });

  it("ends on Ctrl-C while it connects", async () => {
    const silent = net.createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as net.AddressInfo;
    const show = start(sandbox, [
      "show",
      "x",
      "--servers",
      `127.0.0.1:${port}`,
    ]);
    try {
      const [socket] = (await once(silent, "connection")) as [net.Socket];
      socket.on("error", () => {}); // it is cut off
      show.child.kill("SIGINT");
      const { code, stderr } = await show.ended;
      expect([code, stderr]).to.deep.equal([130, ""]);
      socket.destroy();
    } finally {
      silent.close();
    }
  });

  it("exits with 6 when its credentials do not suffice, and repeats none", async () => {
    const auth = [{ scheme: "digest", credentials: "deployer:secret1" }];
    const session = await locks.session(auth);
    const root = { root: "/guarded" };
    await (await locks.live("web", "web1", root, session)).release();
    const list = (env: Record<string, string>) =>
      locked(
        sandbox,
        ["list", "--root", "/guarded", "--servers", zookeeper.connect],
        { env },
      );
    const without = await list({});
    expect(without.code).to.equal(6);
    expect(without.stderr).to.match(
      /answered NO_AUTH\n[^]*: LOCKED_ACTION_AUTH=/,
    );
    const wrong = await list({ LOCKED_ACTION_AUTH: "digest:deployer:secret2" });
    expect(wrong.code).to.equal(6);
    expect(wrong.stderr).not.to.contain("secret2");
    for (const name of ["LOCKED_ACTION_AUTH", "LOCKED_ACTION_ZOOKEEPER_AUTH"]) {
      const right = await list({ [name]: "digest:deployer:secret1" });
      expect(right.code).to.equal(0);
      expect(right.stdout).to.contain("web");
    }
    const bad = await list({ LOCKED_ACTION_AUTH: "secret3" });
    expect(bad.code).to.equal(2);
    expect(bad.stderr).not.to.contain("secret3");
  });

  it("leaves no session behind, however it ends", async () => {
    const sessions = async () =>
      Number(
        /zk_global_sessions\t(\d+)/.exec(
          await zookeeper.fourLetter("mntr"),
        )?.[1],
      );
    const before = await sessions();
    await locked(sandbox, ["list", "--servers", zookeeper.connect]);
    await locked(sandbox, ["show", "no", "--servers", zookeeper.connect]);
    const watch = start(sandbox, ["watch", "--servers", zookeeper.connect]);
    await watch.said("web");
    watch.child.kill("SIGINT");
    await watch.ended;
    await eventually(
      "no more than before",
      // those that earlier tests cut off may end meanwhile; what is left behind lives for 15 s
      async () => (await sessions()) <= before,
      { within: 10_000 },
    );
  });
});

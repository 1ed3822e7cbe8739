import { expect } from "chai";
import { runJson } from "../../cli/json";
import { startProxy, type Proxy } from "../support/proxy";
import { Sandbox } from "../support/sandbox";
import { startZookeeper, type ZookeeperServer } from "../support/zookeeper";
import { start, type Ended } from "./command";
import { Locks } from "./locks";

const documentOf = ({ stderr }: Ended) =>
  runJson.parse(JSON.parse(stderr.trim().split("\n").at(-1)!));

describe("how a run ends", () => {
  let sandbox: Sandbox;
  let zookeeper: ZookeeperServer;
  let locks: Locks;
  const run = (
    [name, script]: [string, string],
    options: string[] = [],
    env: Record<string, string> = {},
    servers = zookeeper.connect,
  ) =>
    start(
      sandbox,
      [
        ...["run", name, "--servers", servers, ...options],
        ...["--", "sh", "-c", script],
      ],
      { env },
    );
  const ended = (...args: Parameters<typeof run>) => {
    const running = run(...args);
    running.child.stdin?.end();
    return running.ended;
  };

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await startZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  describe("where ZooKeeper does not confirm the release", () => {
    let proxy: Proxy;
    before(async () => (proxy = await startProxy(zookeeper.port)));
    after(() => proxy.close());

    for (const code of [0, 3])
      it(`is told as its command ended: ${code}`, async () => {
        proxy.mode = "ok";
        const running = run(
          [`doubt${code}`, `echo begun; read -r _; exit ${code}`],
          ["--release-timeout", "0.5", "--json"],
          {},
          `127.0.0.1:${proxy.port}`,
        );
        await running.said("begun");
        proxy.mode = "blackhole";
        running.write("go on\n");
        const end = await running.ended;
        expect(end.code).to.equal(code);
        const json = documentOf(end);
        expect(json).to.deep.include({ exit: code, result: "inDoubt" });
        expect(json.warning).to.contain(`doubt${code}`);
      });
  });

  it("warns of a Chef lock that was gone when it was given back", async () => {
    const session = await locks.session();
    for (const form of [[], ["--json"]]) {
      const running = run(
        ["chef", "echo begun; read -r _"],
        ["--chef", "/lock/chef", ...form],
      );
      await running.said("begun");
      expect((await session.remove("/lock/chef")).code).to.equal("OK");
      running.write("go on\n");
      const end = await running.ended;
      expect(end.code).to.equal(0);
      const warning = form.length > 0 ? documentOf(end).warning : end.stderr;
      expect(warning).to.match(
        /warning: the Chef lock \/lock\/chef was gone or another's/,
      );
    }
  });

  it("takes no lock with --skip or LOCKED_ACTION_SKIP, needs no ZooKeeper, and says so", async () => {
    await locks.live("skipped", "web1");
    const script = 'echo "$LOCKED_ACTION_NAME"; exit 3';
    for (const [options, env] of [
      [["--skip"], {}],
      [[], { LOCKED_ACTION_SKIP: "1" }],
      [[], { LOCKED_ACTION_SKIP_COORDINATION: "true" }],
    ] as [string[], Record<string, string>][]) {
      const end = await ended(["skipped", script], options, env, "127.0.0.1:1");
      expect([end.code, end.stdout]).to.deep.equal([3, "skipped\n"]);
      expect(end.stderr).to.match(/^warning: the lock skipped is skipped: /);
    }
    const json = await ended(["skipped", script], ["--skip", "--json"]);
    expect(documentOf(json)).to.deep.include({ exit: 3, result: "skipped" });
    const bad = await ended(["skipped", script], [], {
      LOCKED_ACTION_SKIP: "perhaps",
    });
    expect([bad.code, bad.stdout]).to.deep.equal([2, ""]);
  });

  it("keeps credentials of ZooKeeper from its command, unless asked for them", async () => {
    const script = 'echo "[$LOCKED_ACTION_AUTH$LOCKED_ACTION_ZOOKEEPER_AUTH]"';
    for (const name of ["LOCKED_ACTION_AUTH", "LOCKED_ACTION_ZOOKEEPER_AUTH"]) {
      const env = { [name]: "digest:ann:secret1" };
      const options = ["--root", "/guarded"];
      const without = await ended(["auth", script], options, env);
      expect(without.stdout).to.equal("[]\n");
      const asked = [...options, "--pass-auth"];
      const passed = await ended(["auth", script], asked, env);
      expect(passed.stdout).to.equal("[digest:ann:secret1]\n");
    }
  });
});

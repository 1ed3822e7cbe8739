import { expect } from "chai";
import { doctorJson, errorJson, locksJson } from "../../cli/json";
import { EMPTY } from "../../core/zookeeper/operations";
import { Sandbox } from "../support/sandbox";
import { startZookeeper, type ZookeeperServer } from "../support/zookeeper";
import { locked } from "./command";
import { Locks } from "./locks";

const DEPLOYER = { LOCKED_ACTION_AUTH: "digest:deployer:secret1" };
const STRANGER = { LOCKED_ACTION_AUTH: "digest:deployer:guessed2" };

describe("who may touch the locks", () => {
  let sandbox: Sandbox;
  let zookeeper: ZookeeperServer;
  let locks: Locks;
  let holder: string;
  const as = (env: Record<string, string>, ...args: string[]) =>
    locked(sandbox, ["--servers", zookeeper.connect, ...args], { env });

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await startZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
    const auth = [{ scheme: "digest", credentials: "deployer:secret1" }];
    const session = await locks.session(auth);
    const held = await locks.live("web", "web1", {}, session);
    await held.abandon();
    holder = held.id;
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  const all = () => [
    ["list"],
    ["show", "web"],
    ["history", "web"],
    ["watch", "web"],
    ["wait", "web", "--timeout", "0.1"],
    ["hold", "web", "-m", "x"],
    ["unhold", "web"],
    ["set", "web", "--max-failures", "2"],
    ["clear", "web", "--holder", holder, "-m", "x", "-y"],
    ["run", "web", "--", "true"],
  ];

  it("not who has none or others: each command ends with 6, says what to do, and repeats no secret", async () => {
    const refused = all().map(async (args, i) => {
      const env = i % 2 === 0 ? {} : STRANGER;
      const { code, stdout, stderr } = await as(env, "--json", ...args);
      expect([code, stdout], args.join(" ")).to.deep.equal([6, ""]);
      const { error } = errorJson.parse(JSON.parse(stderr));
      expect(error.message).to.match(/\/locked-action.* answered NO_AUTH$/);
      expect(error.story.join("\n")).to.contain("LOCKED_ACTION_AUTH=");
      expect(stderr).not.to.contain("guessed2");
    });
    await Promise.all(refused);
  });

  it("who has them: each command does its work", async () => {
    for (const args of all().filter(([first]) => first !== "watch")) {
      const { code, stderr } = await as(DEPLOYER, ...args);
      const held = args[0] === "wait" ? 4 : 0;
      expect(code, stderr).to.equal(held);
    }
  });

  it("doctor says whether the credentials suffice", async () => {
    const checked = async (env: Record<string, string>, wanted: string) => {
      const { stdout } = await as(env, "doctor", "--json");
      const { checks } = doctorJson.parse(JSON.parse(stdout));
      return checks.find(({ check }) => check === wanted);
    };
    const without = await checked({}, "locks");
    expect(without?.result).to.equal("failed");
    expect(without?.found).to.match(/\/locked-action\/web: .* NO_AUTH$/);
    expect(without?.advice.join()).to.contain("LOCKED_ACTION_AUTH=");
    expect((await checked(STRANGER, "locks"))?.result).to.equal("failed");
    expect((await checked(DEPLOYER, "locks"))?.result).to.equal("ok");
    // the root is shared: who has others may have locks of its own there
    expect((await checked(STRANGER, "permissions"))?.result).to.equal("ok");
  });

  it("doctor names the locks that are open to everybody", async () => {
    const access = async () => {
      const { stdout } = await as(DEPLOYER, "doctor", "--json");
      const { checks } = doctorJson.parse(JSON.parse(stdout));
      const found = checks.find(({ check }) => check === "access");
      return [found?.result, found?.found];
    };
    expect(await access()).to.deep.equal([
      ...["ok", "1 of 1 locks closed to others"],
    ]);
    const root = { kind: "create", as: "x", path: "/open" } as const;
    const session = await locks.session();
    await session.multi([
      { ...root, data: EMPTY, mode: "persistent", access: "anyone" },
    ]);
    await (await locks.live("db", "db1", { root: "/open" }, session)).release();
    const { stdout } = await as(DEPLOYER, "doctor", "--root", "/open");
    expect(stdout).to.match(
      /^warning +access: 1 of 1 locks open to everybody: db$/m,
    );
  });

  it("a scheme that ZooKeeper does not know is refused at once", async () => {
    const env = { LOCKED_ACTION_AUTH: "nonsense:deployer:secret3" };
    const { code, stderr } = await as(env, "list");
    expect(code).to.equal(6);
    expect(stderr).to.match(/refused the credentials|answered AUTH_FAILED/);
    expect(stderr).to.contain("LOCKED_ACTION_AUTH=");
    expect(stderr).not.to.contain("secret3");
  });
});

describe("a chroot at the end of the server list", () => {
  let sandbox: Sandbox;
  let zookeeper: ZookeeperServer;
  const below = (...args: string[]) =>
    locked(sandbox, ["--servers", `${zookeeper.connect}/apps/eu`, ...args]);

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await startZookeeper(sandbox);
  });
  after(() => sandbox.stop());

  it("is where all is: missing at first, made by the first use, apart from the rest", async () => {
    const empty = await below("list");
    expect([empty.code, empty.stdout]).to.deep.equal([0, ""]);
    const before = await below("doctor", "--json");
    const roots = doctorJson
      .parse(JSON.parse(before.stdout))
      .checks.filter(({ check }) => check === "root");
    expect(roots).to.deep.equal([
      {
        ...{ check: "root", result: "warning" },
        found: "the chroot /apps/eu is not there",
        advice: ["it is made by the first action"],
      },
    ]);
    expect((await below("run", "web", "--", "false")).code).to.equal(1);
    const { stdout } = await below("list", "--json");
    const { servers, locks } = locksJson.parse(JSON.parse(stdout));
    expect(servers).to.equal(`${zookeeper.connect}/apps/eu`);
    expect(locks.map(({ name, path }) => [name, path])).to.deep.equal([
      ["web", "/locked-action/web"],
    ]);
    const elsewhere = await locked(sandbox, [
      ...["list", "--servers", zookeeper.connect],
    ]);
    expect(elsewhere.stderr).to.match(/^no locks below/);
    const after = await below("doctor");
    expect([after.code, after.stdout]).to.satisfy(
      ([code, text]: [number, string]) =>
        code === 0 && /^ok +root: \/locked-action is there$/m.test(text),
    );
    const page = (await below("show", "web")).stdout;
    expect(page).to.contain(`-m WHY --servers ${zookeeper.connect}/apps/eu`);
  });
});

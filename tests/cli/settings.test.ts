import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { CommandError } from "../../cli/errors";
import { locate } from "../../cli/settings";
import { Sandbox } from "../support/sandbox";
import { locked } from "./command";

describe("where the command finds its locks", () => {
  let sandbox: Sandbox;
  let project: string;

  before(async () => {
    sandbox = await Sandbox.create();
  });
  after(() => sandbox.stop());
  beforeEach(() => {
    project = fs.mkdtempSync(path.join(sandbox.dir, "project-"));
    fs.writeFileSync(path.join(project, "Pulumi.yaml"), "name: fleet\n");
  });

  const stack = (name: string, ...lines: string[]) =>
    fs.writeFileSync(
      path.join(project, `Pulumi.${name}.yaml`),
      ["config:", ...lines.map((line) => `  ${line}`), ""].join("\n"),
    );
  const find = (
    options: Parameters<typeof locate>[0] = {},
    environment: NodeJS.ProcessEnv = {},
    directory = project,
  ) => {
    const { servers, root, from } = locate(options, environment, directory);
    return [servers.text, root, from];
  };
  const complaint = (...args: Parameters<typeof find>): string => {
    try {
      return `none: ${find(...args).join()}`;
    } catch (error) {
      expect(error).to.be.instanceOf(CommandError);
      const { message, story, exit } = error as CommandError;
      expect(exit).to.equal(2);
      return [message, ...story].join("\n");
    }
  };
  const fromEnvironment = { LOCKED_ACTION_ZOOKEEPER_SERVERS: "env:1" };

  it("takes the option before the environment, and that before the stack", () => {
    stack("prod", "locked-action:zookeeperServers: stack:1");
    const file = path.join(project, "Pulumi.prod.yaml");
    expect(find()).to.deep.equal(["stack:1", "/locked-action", file]);
    expect(find({}, fromEnvironment)[0]).to.equal("env:1");
    expect(find({ servers: "given:1" }, fromEnvironment)[0]).to.equal(
      "given:1",
    );
  });

  it("takes a stack that is named before the environment", () => {
    stack(
      "prod",
      "locked-action:zookeeperServers: prod:1",
      "locked-action:lockRoot: /prod",
    );
    stack("dev", "locked-action:zookeeperServers: dev:1");
    const environment = { ...fromEnvironment, LOCKED_ACTION_LOCK_ROOT: "/env" };
    const named = find({ stack: "prod" }, environment);
    expect(named.slice(0, 2)).to.deep.equal(["prod:1", "/prod"]);
    const full = find({ stack: "acme/fleet/dev" }, environment);
    expect(full.slice(0, 2)).to.deep.equal(["dev:1", "/env"]);
  });

  it("is told by --stack, from the project's directory", async () => {
    stack("prod", "locked-action:zookeeperServers: 127.0.0.1:1");
    stack("dev", "locked-action:zookeeperServers: 127.0.0.1:2");
    const list = (...args: string[]) =>
      locked(sandbox, ["list", "--connect-timeout", "0.2", ...args], {
        cwd: project,
      });
    const none = await list();
    expect(none.code).to.equal(2);
    expect(none.stderr).to.contain("name one: --stack dev");
    const prod = await list("--stack", "prod");
    expect(prod.code, "nobody serves there").to.equal(5);
    expect(prod.stderr).to.match(/ZooKeeper at 127\.0\.0\.1:1 is not reach/);
    expect(prod.stderr).to.contain("Pulumi.prod.yaml");
    expect(prod.stderr).to.contain(
      "locked-action doctor --servers 127.0.0.1:1",
    );
  });

  it("wants to know which of several stacks, and says which there are", () => {
    stack("prod", "locked-action:zookeeperServers: a:1");
    stack("dev", "locked-action:zookeeperServers: b:1");
    expect(complaint()).to.match(
      /several stacks are in .*: dev, prod\nname one: --stack dev/,
    );
    expect(complaint({ stack: "tset" })).to.match(
      /there is no Pulumi.tset.yaml in .*\nthere are: dev, prod/,
    );
    expect(find({}, fromEnvironment)[0], "not needed").to.equal("env:1");
  });

  it("finds the project from a directory below", () => {
    stack("prod", "locked-action:zookeeperServers: a:1");
    const below = path.join(project, "modules", "web");
    fs.mkdirSync(below, { recursive: true });
    expect(find({}, {}, below)[0]).to.equal("a:1");
    expect(complaint({ stack: "prod" }, {}, "/")).to.contain("no Pulumi.yaml");
  });

  it("reads values as people and Pulumi write them", () => {
    for (const [written, read] of [
      ["zk1:2181,zk2:2181/app # ours", "zk1:2181,zk2:2181/app"],
      ['"zk1:2181"', "zk1:2181"],
      ["'zk1:2181' # ours", "zk1:2181"],
    ]) {
      stack(
        "prod",
        "# of the fleet",
        "",
        "other:nested:",
        "  deep: 1",
        `locked-action:zookeeperServers: ${written}`,
      );
      expect(find()[0]).to.equal(read);
    }
  });

  it("says what it does not read, instead of guessing", () => {
    for (const written of ["", "|", "*alias", "[zk1, zk2]", '"\\xzk1"']) {
      stack("prod", `locked-action:zookeeperServers: ${written}`);
      expect(complaint()).to.match(/zookeeperServers: expected one plain line/);
    }
    stack("prod", "locked-action:zookeeperServers: h:abc");
    expect(complaint()).to.match(/server 1: expected a port/);
  });

  it("leaves what is encrypted to Pulumi", () => {
    stack(
      "prod",
      "locked-action:zookeeperAuth:",
      "  secure: AAABAL",
      "locked-action:zookeeperServers: a:1",
    );
    const where = locate({}, {}, project);
    expect([where.servers.text, where.auth]).to.deep.equal(["a:1", []]);
  });

  it("repeats no credentials when they are wrong", () => {
    const environment = { ...fromEnvironment, LOCKED_ACTION_AUTH: "hunter2" };
    expect(complaint({}, environment)).not.to.contain("hunter2");
  });
});

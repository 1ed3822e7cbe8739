import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { makeProject } from "../support/project";
import { errorsOf, openScene, type Scene } from "../support/scene";
import { openStack, type Stack } from "../support/stack";
import { resourcesOf, Told } from "../support/told";

// Where the resources stand, and what they are called, is the configuration's.
const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const { LockedAction } = require("pulumi-locked-action");

const config = new pulumi.Config();
const privateKey = config.requireSecret("privateKey");
const again = new pulumi.ErrorHook("again", ({ errors }) => errors.length < 2);
class Team extends pulumi.ComponentResource {
  constructor(name, options) {
    super("test:index:Team", name, {}, options);
    this.registerOutputs({});
  }
}
const teams = {};
for (const [name, aliases] of Object.entries(config.requireObject("teams")))
  teams[name] = new Team(name, { aliases });
for (const { name, args, team, formerly } of config.requireObject("actions")) {
  const alias = formerly && { ...formerly, ...("team" in formerly && { parent: teams[formerly.team] }) };
  delete alias?.team;
  const connection = { ...args.connection, privateKey };
  new LockedAction(name, { ...args, connection }, {
    parent: teams[team],
    aliases: alias ? [alias] : [],
    hooks: args.lock.name === "retried" ? { onError: [again] } : {},
  });
}
`;

describe("resources that move in their program", () => {
  let scene: Scene;
  let stack: Stack;
  before(async () => {
    scene = await openScene(["web1"]);
    const options = { program: PROGRAM, name: "moved", withPackage: true };
    stack = await openStack(await makeProject(scene.sandbox, options), "dev", {
      env: scene.sandbox.env,
      config: {
        "moved:privateKey": { secret: scene.fleet.privateKey },
        "locked-action:zookeeperServers": scene.zookeeper.connect,
      },
    });
  });
  after(() => scene.stop());

  const args = (name: string, command = `echo ${name} >>${acts()}`) =>
    scene.restart("web1", {
      ...{ target: name, process: undefined, lock: { name } },
      action: { command },
    });
  const acts = () => path.join(scene.fleet.host("web1").dir, "acted");
  const acted = () => fs.readFileSync(acts(), "utf8").trim().split("\n").sort();

  const declare = async (teams: object, actions: object[]) => {
    await stack.setConfig("moved:teams", JSON.stringify(teams));
    await stack.setConfig("moved:actions", JSON.stringify(actions));
  };

  it("run nothing again, by aliases of each kind", async () => {
    const all = ["renamed", "out", "into", "below"];
    await declare({ blue: [] }, [
      { name: "renamed", args: args("renamed") },
      { name: "out", args: args("out"), team: "blue" },
      { name: "into", args: args("into") },
      { name: "blue-below", args: args("below"), team: "blue" },
    ]);
    expect(errorsOf(await stack.up())).to.equal("");
    expect(acted()).to.deep.equal(all.sort());
    await declare({ green: [{ name: "blue" }] }, [
      {
        name: "new-name",
        args: args("renamed"),
        formerly: { name: "renamed" },
      },
      { name: "out", args: args("out"), formerly: { team: "green" } },
      {
        name: "into",
        args: args("into"),
        team: "green",
        formerly: { team: "none" },
      },
      { name: "green-below", args: args("below"), team: "green" },
    ]);
    const told = new Told();
    expect(errorsOf(await stack.up({ onEvent: told.onEvent }))).to.equal("");
    expect(told.ops).to.deep.equal({
      ...{
        "new-name": "same",
        out: "same",
        into: "same",
        "green-below": "same",
      },
    });
    expect(acted()).to.deep.equal(all.sort());
  });

  it("give a lock that they kept back under their new name", async () => {
    await declare({}, [{ name: "kept", args: args("kept", "exit 3") }]);
    expect((await stack.up()).ok).to.equal(false);
    const { holders } = await scene.lock("kept");
    expect(holders.map(({ state }) => state)).to.deep.equal(["failed"]);
    await declare({ blue: [] }, [
      {
        name: "moved",
        args: args("kept", "true"),
        team: "blue",
        formerly: { name: "kept", team: "none" },
      },
    ]);
    const told = new Told();
    expect(errorsOf(await stack.up({ onEvent: told.onEvent }))).to.equal("");
    expect(told.ops.moved).to.equal("update");
    expect((await scene.lock("kept")).holders).to.deep.equal([]);
  });

  it("an error hook that wants another try has it: the kept lock is taken over", async () => {
    const once = path.join(scene.fleet.host("web1").dir, "once");
    const command = `[ -e ${once} ] || { touch ${once}; exit 3; }`;
    await declare({}, [{ name: "retried", args: args("retried", command) }]);
    expect(errorsOf(await stack.up())).to.equal("");
    const { retried } = await resourcesOf(stack);
    expect(retried!.outputs).to.deep.include({ outcome: "acted" });
    expect(retried!.outputs).not.to.have.any.keys("failure", "kept");
    expect((await scene.lock("retried")).holders).to.deep.equal([]);
  });
});

import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { makeProject } from "../support/project";
import { errorsOf, openScene, type Scene } from "../support/scene";
import { openStack } from "../support/stack";
import { Told } from "../support/told";

// The second one runs again whenever the first one has run: what it depends on is not known in a preview.
const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const { LockedAction } = require("pulumi-locked-action");

const config = new pulumi.Config();
const privateKey = config.requireSecret("privateKey");
const { first, second } = config.requireObject("actions");
const args = (own) => ({ ...own, connection: { ...own.connection, privateKey } });
const one = new LockedAction("first", args(first));
new LockedAction("second", { ...args(second), triggers: [one.finishedAt] });
`;

describe("what is not known in a preview", () => {
  let scene: Scene;
  before(async () => void (scene = await openScene(["web1"])));
  after(() => scene.stop());

  const acts = () => path.join(scene.fleet.host("web1").dir, "acted");
  const acted = () => fs.readFileSync(acts(), "utf8").trim().split("\n");
  const actions = (trigger: number) => {
    const row = (name: string, more: object) =>
      scene.restart("web1", {
        ...{ target: name, process: undefined, lock: { name } },
        action: { command: `echo ${name} >>${acts()}` },
        ...more,
      });
    const first = row("first", { triggers: [trigger] });
    return JSON.stringify({ first, second: row("second", {}) });
  };

  it("is told of as such, and runs an action only if it turns out to be different", async () => {
    const options = { program: PROGRAM, name: "unknown", withPackage: true };
    const project = await makeProject(scene.sandbox, options);
    const stack = await openStack(project, "dev", {
      env: scene.sandbox.env,
      config: {
        "unknown:actions": actions(1),
        "unknown:privateKey": { secret: scene.fleet.privateKey },
        "locked-action:zookeeperServers": scene.zookeeper.connect,
      },
    });
    const made = new Told();
    expect(errorsOf(await stack.preview({ onEvent: made.onEvent }))).to.equal(
      "",
    );
    expect(made.ops).to.deep.equal({ first: "create", second: "create" });
    expect(errorsOf(await stack.up())).to.equal("");
    expect(acted()).to.deep.equal(["first", "second"]);

    const same = new Told();
    expect(errorsOf(await stack.up({ onEvent: same.onEvent }))).to.equal("");
    expect(same.ops).to.deep.equal({ first: "same", second: "same" });

    await stack.setConfig("unknown:actions", actions(2));
    const told = new Told();
    expect(errorsOf(await stack.preview({ onEvent: told.onEvent }))).to.equal(
      "",
    );
    expect(told.ops).to.deep.equal({ first: "update", second: "update" });
    expect(told.lines.second!.join("\n")).to.match(
      /^will run the command under lock second .*: triggers or action are not known yet/,
    );
    expect(errorsOf(await stack.up())).to.equal("");
    expect(acted()).to.deep.equal(["first", "second", "first", "second"]);
  });
});

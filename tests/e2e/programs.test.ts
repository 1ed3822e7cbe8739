import { expect } from "chai";
import { makeProject } from "../support/project";
import { errorsOf, openScene, type Scene } from "../support/scene";
import { openStack, type Stack } from "../support/stack";
import { resourcesOf, Told } from "../support/told";

const BODY = `
const config = new pulumi.Config();
const args = config.requireObject("args");
const connection = { ...args.connection, privateKey: config.requireSecret("privateKey") };
`;

const PROGRAMS: Record<string, { file: string; program: string }> = {
  "JavaScript, CommonJS": {
    file: "index.js",
    program: `
const pulumi = require("@pulumi/pulumi");
const { LockedAction } = require("pulumi-locked-action");
${BODY}
exports.outcome = new LockedAction("action", { ...args, connection }).outcome;
`,
  },
  "JavaScript, an ES module": {
    file: "index.mjs",
    program: `
import * as pulumi from "@pulumi/pulumi";
import { LockedAction } from "pulumi-locked-action";
${BODY}
export const outcome = new LockedAction("action", { ...args, connection }).outcome;
`,
  },
  "TypeScript, in a component": {
    file: "index.ts",
    program: `
import * as pulumi from "@pulumi/pulumi";
import { LockedAction, type LockedActionArgs } from "pulumi-locked-action";

const config = new pulumi.Config();
const args = config.requireObject<any>("args");
const connection = { ...args.connection, privateKey: config.requireSecret("privateKey") };
const noted: string[] = [];
class Node extends pulumi.ComponentResource {
  readonly outcome: pulumi.Output<string | undefined>;
  constructor(name: string) {
    super("test:index:Node", name);
    const hook = new pulumi.ResourceHook("noted", ({ name }) => {
      noted.push(name);
    });
    const first = new LockedAction("action", { ...args, connection }, {
      parent: this,
      hooks: { beforeCreate: [hook] },
      additionalSecretOutputs: ["processAfter"],
    });
    const options = config.requireObject<pulumi.CustomResourceOptions>("options");
    const second = new LockedAction("second", { ...args, connection }, {
      ...options, parent: this, dependsOn: [first],
    });
    this.outcome = pulumi.all([first.outcome, second.outcome]).apply((all) => all.join());
    this.registerOutputs({ outcome: this.outcome });
  }
}
export const outcome = new Node("node").outcome;
export const hooked = outcome.apply(() => noted);
`,
  },
};

describe("programs of each kind", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene(["web1"]);
  });
  after(() => scene.stop());

  const args = (over: Record<string, unknown> = {}) =>
    JSON.stringify(scene.restart("web1", over));

  const open = async (kind: string): Promise<Stack> => {
    const options = { ...PROGRAMS[kind]!, name: "kind", withPackage: true };
    const project = await makeProject(scene.sandbox, options);
    return openStack(project, "dev", {
      env: scene.sandbox.env,
      config: {
        "kind:args": args(),
        "kind:options": "{}",
        "kind:privateKey": { secret: scene.fleet.privateKey },
        "locked-action:zookeeperServers": scene.zookeeper.connect,
      },
    });
  };

  for (const kind of ["JavaScript, CommonJS", "JavaScript, an ES module"])
    it(kind, async () => {
      const stack = await open(kind);
      const before = scene.service("web1").identity();
      expect(errorsOf(await stack.up())).to.equal("");
      expect(stack.outputs().outcome).to.equal("acted");
      expect(scene.service("web1").identity()).not.to.equal(before);
    });

  it("TypeScript, in a component: its options do what they do elsewhere", async () => {
    const stack = await open("TypeScript, in a component");
    expect(errorsOf(await stack.up())).to.equal("");
    expect(stack.outputs()).to.deep.include({
      ...{ outcome: "acted,acted", hooked: ["action"] },
    });
    const { action } = await resourcesOf(stack);
    expect(action!.outputs.processAfter).to.have.property("ciphertext");

    await stack.setConfig("kind:args", args({ triggers: [2] }));
    await stack.setConfig(
      "kind:options",
      JSON.stringify({ ignoreChanges: ["triggers"], protect: true }),
    );
    const told = new Told();
    expect(errorsOf(await stack.up({ onEvent: told.onEvent }))).to.equal("");
    expect(told.ops).to.deep.equal({ action: "update", second: "same" });

    const refused = await stack.destroy();
    expect(refused.ok).to.equal(false);
    expect(errorsOf(refused)).to.match(/protected/);
    await stack.setConfig(
      "kind:options",
      JSON.stringify({ ignoreChanges: ["triggers"], retainOnDelete: true }),
    );
    expect(errorsOf(await stack.up())).to.equal("");
    expect(errorsOf(await stack.destroy())).to.equal("");
  });
});

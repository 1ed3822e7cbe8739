import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { errorsOf, openScene, type Scene } from "../support/scene";
import { openStack, type Stack } from "../support/stack";
import { resourcesOf, Told } from "../support/told";

const LATER =
  'exports.handler = () => require("pulumi-locked-action/provider/later").lockedAction';

// A later version of this package, or somebody by hand, wrote into the state file: our own engine's is at hand.
describe("a state that another version wrote", () => {
  let scene: Scene;
  let stack: Stack;
  let text: string;
  before(async () => {
    scene = await openScene(["web1"]);
    stack = await openStack(
      scene.project,
      "foreign",
      {
        env: scene.sandbox.env,
        config: {
          "scene:privateKey": { secret: scene.fleet.privateKey },
          "locked-action:zookeeperServers": scene.zookeeper.connect,
        },
      },
      "local",
    );
    const action = { command: "exit 3" };
    await scene.setActions(stack, { web1: scene.restart("web1", { action }) });
    expect((await stack.up()).ok).to.equal(false);
    text = ((await resourcesOf(stack)).web1!.outputs.__provider ??
      "") as string;
  });
  after(() => scene.stop());

  const holders = async () => (await scene.lock()).holders.map(({ id }) => id);

  const write = (over: Record<string, unknown>) => {
    const file = path.join(scene.project.dir, "foreign.state.json");
    const state = JSON.parse(fs.readFileSync(file, "utf8"));
    for (const { urn, outputs } of state.deployment.resources)
      if (urn.endsWith("::web1")) Object.assign(outputs, over);
    fs.writeFileSync(file, JSON.stringify(state));
  };

  const expectKept = async (refused: RegExp) => {
    const before = await holders();
    expect(before).to.have.length(1);
    const result = await stack.destroy();
    expect(result.ok).to.equal(false);
    expect(errorsOf(result)).to.match(refused);
    expect(await resourcesOf(stack)).to.have.property("web1");
    expect(await holders()).to.deep.equal(before);
  };

  it("is not deleted by a provider text that cannot be loaded: the lock stays, and so does the resource", async () => {
    write({ __provider: LATER });
    await expectKept(/provider\/later' is not defined by "exports"/);
  });

  it("that is only told to be different goes on by the text of the program", async () => {
    const told = new Told();
    const result = await stack.preview({ onEvent: told.onEvent });
    expect(errorsOf(result)).to.equal("");
    expect(told.ops.web1).to.equal("update");
    expect(told.lines.web1!.join("\n")).to.match(
      /will verify first.*owed since/,
    );
  });

  it("is not deleted where it names a kept lock that cannot be read", async () => {
    write({ __provider: text, schemaVersion: 9, runKey: { of: "later" } });
    await expectKept(
      /web1: the state of this resource was written by a later version .*locked-action clear fleet --holder \S+ -m WHY;/,
    );
  });

  it("gives its lock back where a later version only added to it", async () => {
    write({ runKey: "0".repeat(20), added: { later: true } });
    expect(errorsOf(await stack.destroy())).to.equal("");
    expect(await holders()).to.deep.equal([]);
  });
});

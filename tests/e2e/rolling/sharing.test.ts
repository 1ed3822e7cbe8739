import { expect } from "chai";
import { errorsOf } from "../../support/scene";
import { Observer } from "../../support/services";
import { Steps } from "../../support/steps";
import { withOtherHolder } from "./other-holder";
import { Stage } from "./stage";

describe("RollingAction: with others under one lock", function () {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open(6);
  });
  beforeEach(() => stage.reset());
  after(() => stage.stop());

  it("two stacks that roll the same fleet at once never have more than N down together", async () => {
    const roll = stage.roll({ maxUnavailable: 2 });
    const stacks = [await stage.stack(roll), await stage.stack(roll)];
    const seen = new Observer(stage.services);
    stage.hold();
    const running = Promise.all(stacks.map((stack) => stack.up()));
    await seen.sees(2);
    stage.letGo();
    const results = await running;
    expect(results.map(errorsOf)).to.deep.equal(["", ""]);
    expect(seen.stop()).to.equal(2);
    expect(stage.acts()).to.deep.equal(stage.actedOn(2));
    await stage.lockIsFree();
  });

  it("takes turns with single LockedActions of another stack", async () => {
    const rolled = ["web1", "web2", "web3"];
    const stack = await stage.stack(stage.roll({}, rolled));
    const single = (name: string) =>
      stage.scene.restart(name, { lock: { name: stage.lock } });
    const other = await stage.scene.openStack(`singles-of-${stage.lock}`, {
      ...{ web4: single("web4"), web5: single("web5"), web6: single("web6") },
    });
    const seen = new Observer(stage.services);
    stage.hold();
    const running = Promise.all([stack.up(), other.up({ parallel: 3 })]);
    await seen.sees(1);
    stage.letGo();
    const results = await running;
    expect(results.map(errorsOf)).to.deep.equal(["", ""]);
    expect(seen.stop()).to.equal(1);
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
    await stage.lockIsFree();
  });

  it("begins nothing new when another action of its stack fails, and is owed", async () => {
    const stack = await stage.stack(stage.roll({}, ["web1", "web2"]));
    const steps = new Steps(stage.scene.fleet.host("web3"));
    steps.hold("act");
    const fails = stage.scene.restart("web3", {
      action: { command: steps.text("act", "exit 1") },
      process: undefined,
      lock: { name: `other ${stage.lock}` },
    });
    await stage.scene.setActions(stack, { fails });
    await withOtherHolder(stage, async (held) => {
      const running = stack.up();
      await steps.reached("act");
      await stage.waiting(1);
      steps.letGo("act");
      const result = await running;
      expect(errorsOf(result)).to.match(/web3: act: the command: exit 1/);
      expect(errorsOf(result)).to.match(
        /roll: 0 of 2 done, 2 to go: stopped: another action failed: web3: act/,
      );
      await held.release();
    });
    await stage.scene.setActions(stack, {});
    await stage.mustSucceed(stack);
    expect(stage.acts()).to.include({ web1: 1, web2: 1 });
  });
});

import { expect } from "chai";
import { errorsOf } from "../../support/scene";
import { Stage } from "./stage";

describe("RollingAction: how many at once", function () {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open();
  });
  beforeEach(() => stage.reset());
  after(() => stage.stop());

  for (const [what, over, most] of [
    ["one after the other, if nothing is said", {}, 1],
    ["three at once", { maxUnavailable: 3 }, 3],
    ["a quarter of twelve at once", { maxUnavailable: "25%" }, 3],
  ] as const)
    it(what, async () => {
      const stack = await stage.stack(stage.roll(over));
      const { result, seen } = await stage.observed(stack, most);
      expect(errorsOf(result)).to.equal("");
      expect(seen.mostDown).to.equal(most);
      if (most === 1) expect(stage.ended(result)).to.deep.equal(stage.names);
      expect(stage.acts()).to.deep.equal(stage.actedOn(1));
      const results = await stage.results(stack);
      for (const service of stage.services)
        expect(results[service.host.name]).to.deep.include({
          ...{ outcome: "acted", verified: true },
          process: [service.identity()],
        });
      await stage.lockIsFree();
      if (most === 1)
        expect((await stage.mustSucceed(stack)).summary.same).to.equal(2);
    });

  it("racks one at a time, two of each at once", async () => {
    const roll = stage.roll({
      ...{ grouped: true, groups: "oneAtATime", maxUnavailable: 2 },
    });
    const stack = await stage.stack(roll);
    const { result, seen } = await stage.observed(stack, 2);
    expect(errorsOf(result)).to.equal("");
    expect([seen.mostGroups, seen.mostOfOneGroup]).to.deep.equal([1, 2]);
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
    await stage.lockIsFree();
  });

  it("racks together: two racks at once, two hosts of each", async () => {
    const roll = stage.roll({
      ...{ grouped: true, groups: "together", maxUnavailable: 2 },
      lock: { maxPerGroup: 2 },
    });
    const stack = await stage.stack(roll);
    const { result, seen } = await stage.observed(stack, 4);
    expect(errorsOf(result)).to.equal("");
    expect([seen.mostGroups, seen.mostOfOneGroup]).to.deep.equal([2, 2]);
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
    await stage.lockIsFree();
  });
});

import { expect } from "chai";
import type { Held } from "../../../core/lock";
import { errorsOf } from "../../support/scene";
import { Observer } from "../../support/services";
import type { OperationResult, Stack } from "../../support/stack";
import { withOtherHolder } from "./other-holder";
import { Stage } from "./stage";

describe("RollingAction: interrupted and resumed", function () {
  let stage: Stage;
  before(async () => {
    // a killed provider is missed when its session ends
    const extra = ["maxSessionTimeout=5000"];
    stage = await Stage.open(6, { zookeeper: { extra } });
  });
  beforeEach(() => stage.reset());
  after(() => stage.stop());

  /**
   * An `up` of a roll of one more than `atOnce`, cancelled in its so-many-th act. Somebody else has a
   * place, so that one waits: it leaves as soon as the provider knows, and only then acts go on.
   */
  const cancelled = async (stack: Stack, act: number, atOnce: number) => {
    const stop = new AbortController();
    stage.hold();
    let result: OperationResult;
    const test = async (held: Held) => {
      const running = stack.up({ signal: stop.signal });
      await stage.heldAt(act, atOnce);
      await stage.waiting(1);
      stop.abort();
      await stage.waiting(0);
      stage.letGo();
      result = await running;
      await held.release();
    };
    const limits = { maxHolders: atOnce + 1 };
    await withOtherHolder(stage, test, { limits });
    expect(result!.ok).to.equal(false);
    expect(stage.acted).to.equal(act);
  };

  for (const act of [2, 4])
    it(`a first Ctrl-C at act ${act}: what acts is finished, the rest is owed, and the next up does just that`, async () => {
      const stack = await stage.stack(stage.roll({ maxUnavailable: 3 }));
      await cancelled(stack, act, 2);
      for (const service of stage.services)
        expect(service.identity(), service.name).to.be.a("string");
      await stage.lockIsFree();
      await stage.mustSucceed(stack);
      expect(stage.acts()).to.deep.equal(stage.actedOn(1));
      await stage.lockIsFree();
    });

  it("kill -9 of the provider at an act: each is acted on once in the end", async () => {
    const stack = await stage.stack(stage.roll({ maxUnavailable: 2 }));
    stage.hold();
    const running = stack.up();
    await stage.heldAt(3, 2);
    stage.killProviders();
    stage.letGo();
    expect((await running).ok).to.equal(false);
    const seen = new Observer(stage.services);
    await stage.mustSucceed(stack);
    expect(seen.stop()).to.be.at.most(2);
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
    await stage.lockIsFree();
  });

  it("goes on where it stopped even if no state ever learnt how far it came", async function () {
    const over = { canary: { count: 1 }, maxUnavailable: 2 };
    const stack = await stage.stack(stage.roll(over));
    await stage.mustSucceed(stack);
    await stage.set(stack, stage.roll({ ...over, triggers: [2] }));
    const before = stage.stateOf(stack);
    if (!before) {
      console.log("    not run: the state of this engine can't be set back");
      return this.skip();
    }
    for (const service of stage.services) service.forget();
    await cancelled(stack, 3, 1);
    before.restore();
    const { diagnostics } = await stage.mustSucceed(stack);
    const found = diagnostics.filter(({ message }) =>
      /done by an earlier run of this roll/.test(message),
    );
    expect(found).to.have.length(3);
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
    const results = await stage.results(stack);
    for (const service of stage.services)
      expect(results[service.host.name]).to.deep.include({
        ...{ outcome: "acted", verified: true },
        process: [service.identity()],
      });
    expect(results.web1!.canary).to.equal(true);
  });

  it("does one again that is not as the interrupted roll left it", async function () {
    const stack = await stage.stack(stage.roll({}, ["web1", "web2"]));
    const before = stage.stateOf(stack);
    if (!before) {
      console.log("    not run: the state of this engine can't be set back");
      return this.skip();
    }
    const health = { command: "true", interval: 0.1, timeout: 0.5 };
    await stage.set(stack, stage.roll({ health }, ["web1", "web2"]));
    stage.service("web2").breakDown();
    expect((await stack.up()).ok).to.equal(false);
    before.restore();
    stage.service("web2").mend();
    stage.service("web1").byHand("restart", "another");
    stage.service("web1").forget();
    await stage.mustSucceed(stack);
    expect(stage.acts()).to.include({ web1: 1, web2: 2 });
    await stage.lockIsFree();
  });

  it("runs all again after a roll that ended, with always", async () => {
    const stack = await stage.stack(stage.roll({ always: true }, ["web1"]));
    await stage.mustSucceed(stack);
    await stage.mustSucceed(stack);
    expect(stage.acts().web1).to.equal(2);
    const error = await stack.refresh();
    expect(errorsOf(error)).to.equal("");
  });
});

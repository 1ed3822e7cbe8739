import { expect } from "chai";
import { eventually } from "../../support/eventually";
import { errorsOf } from "../../support/scene";
import { Observer } from "../../support/services";
import { Stage } from "./stage";

describe("RollingAction: interrupted and resumed", function () {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open(6);
  });
  beforeEach(() => stage.reset());
  after(() => stage.stop());

  const acted = () =>
    Object.values(stage.acts()).reduce((sum, count) => sum + count, 0);

  /** Resolves when so many acts have been begun. */
  const begun = (count: number) =>
    eventually(`${count} acts are begun`, () => acted() >= count);

  for (const after of [1, 3])
    it(`a first Ctrl-C at act ${after}: what acts is finished, the rest is owed, and the next up does just that`, async () => {
      const stack = await stage.stack(stage.roll({ maxUnavailable: 2 }));
      const stop = new AbortController();
      const running = stack.up({ signal: stop.signal });
      await begun(after);
      stop.abort();
      const result = await running;
      expect(result.ok).to.equal(false);
      const finished = acted();
      expect(finished).to.be.below(6);
      for (const service of stage.services)
        expect(service.identity(), service.name).to.be.a("string");
      await stage.lockIsFree();
      await stage.mustSucceed(stack);
      expect(stage.acts()).to.deep.equal(stage.actedOn(1));
      await stage.lockIsFree();
    });

  it("kill -9 of the provider at an act: each is acted on once in the end", async () => {
    const stack = await stage.stack(stage.roll({ maxUnavailable: 2 }));
    const running = stack.up();
    await begun(3);
    stage.killProviders();
    expect((await running).ok).to.equal(false);
    const seen = new Observer(stage.services);
    await stage.mustSucceed(stack);
    expect(seen.stop()).to.be.at.most(2);
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
    await stage.lockIsFree();
  });

  it("goes on where it stopped even if no state ever learnt how far it came", async function () {
    const stack = await stage.stack(stage.roll({ canary: { count: 1 } }));
    await stage.mustSucceed(stack);
    await stage.set(stack, stage.roll({ canary: { count: 1 }, triggers: [2] }));
    const before = stage.stateOf(stack);
    if (!before) {
      console.log("    not run: the state of this engine can't be set back");
      return this.skip();
    }
    const stop = new AbortController();
    const running = stack.up({ signal: stop.signal });
    await begun(6 + 3);
    stop.abort();
    await running;
    const done = acted() - 6;
    expect(done).to.be.within(3, 5);
    before.restore();
    const { diagnostics } = await stage.mustSucceed(stack);
    const found = diagnostics.filter(({ message }) =>
      /done by an earlier run of this roll/.test(message),
    );
    expect(found).to.have.length(done);
    expect(stage.acts()).to.deep.equal(stage.actedOn(2));
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

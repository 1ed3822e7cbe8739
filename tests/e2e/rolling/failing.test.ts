import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { eventually } from "../../support/eventually";
import { errorsOf } from "../../support/scene";
import type { OperationResult } from "../../support/stack";
import { withOtherHolder } from "./other-holder";
import { Stage } from "./stage";

/** A service that does not come up is given up on soon. */
const HEALTH = { command: "true", interval: 0.1, timeout: 1 };

describe("RollingAction: when a host fails", function () {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open(6);
  });
  beforeEach(() => stage.reset());
  after(() => stage.stop());

  const rest = (...names: string[]) =>
    stage.names.filter((name) => !names.includes(name));

  const ended = (result: OperationResult) => stage.ended(result);

  const file = (name: string, host: string) =>
    path.join(stage.scene.fleet.host(host).dir, name);

  it("stops at a canary that fails, and begins with it when it is mended", async () => {
    const roll = stage.roll({
      ...{ maxUnavailable: 3, maxFailures: 3, health: HEALTH },
      canary: { count: 2, minHealthy: 0.3 },
    });
    const stack = await stage.stack(roll);
    stage.service("web2").breakDown();
    const result = await stack.up();
    expect(errorsOf(result)).to.match(/stopped: a canary did not pass/);
    expect(errorsOf(result)).to.match(/web2: verify: expected/);
    expect(stage.acts()).to.deep.equal({
      ...stage.actedOn(0),
      ...stage.actedOn(1, ["web1", "web2"]),
    });
    expect(await stage.results(stack)).to.have.all.keys("web1", "web2");
    stage.service("web2").mend();
    const next = await stage.mustSucceed(stack);
    // web1 has passed for both: web2, which is mended first, is the other canary, then comes the rest
    expect(ended(next)[0]).to.equal("web2");
    expect(stage.acts()).to.deep.equal({ ...stage.actedOn(1), web2: 2 });
    const results = await stage.results(stack);
    const canaries = stage.names.filter((name) => results[name]!.canary);
    expect(canaries).to.deep.equal(["web1", "web2"]);
    await stage.lockIsFree();
  });

  it("stops everybody at the n-th failure, another stack's roll included; the broken come first afterwards", async () => {
    const limits = { maxUnavailable: 2, maxFailures: 2, health: HEALTH };
    const stack = await stage.stack(stage.roll(limits, rest("web6")));
    const other = await stage.stack(stage.roll(limits, ["web6"]));
    for (const name of ["web1", "web2"]) stage.service(name).breakDown();
    const result = await stack.up();
    expect(errorsOf(result)).to.match(
      /roll: 0 of 5 done, 2 failed, 3 to go: stopped: 2 failed of 2 allowed/,
    );
    expect(stage.acts()).to.deep.equal({
      ...stage.actedOn(0),
      ...stage.actedOn(1, ["web1", "web2"]),
    });
    const { holders, waiters } = await stage.scene.lock(stage.lock);
    expect(holders.map(({ state }) => state)).to.deep.equal([
      ...["failed", "failed"],
    ]);
    expect(waiters).to.deep.equal([]);
    const refused = await other.up();
    expect(errorsOf(refused)).to.match(
      /roll: 0 of 1 done, 1 to go: stopped: web6: lock: .*blocked by web[12] .*step verify failed/,
    );
    expect(stage.acts().web6).to.equal(0);

    for (const name of ["web1", "web2"]) stage.service(name).mend();
    const next = await stage.mustSucceed(stack);
    expect(ended(next).slice(0, 2)).to.have.members(["web1", "web2"]);
    expect(stage.acts()).to.deep.equal({
      ...stage.actedOn(1),
      ...{ web1: 2, web2: 2, web6: 0 },
    });
    await stage.mustSucceed(other);
    expect(stage.acts().web6).to.equal(1);
    await stage.lockIsFree();
  });

  it("goes on within its budget, around the place that the failed one keeps", async () => {
    const roll = stage.roll({
      ...{ maxUnavailable: 2, maxFailures: 2, health: HEALTH },
    });
    const stack = await stage.stack(roll);
    stage.service("web1").breakDown();
    const { result, seen } = await stage.observed(stack, 2);
    expect(errorsOf(result)).to.match(/roll: 5 of 6 done, 1 failed/);
    expect(seen.mostDown).to.be.at.most(2);
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
    stage.service("web1").mend();
    await stage.mustSucceed(stack);
    expect(stage.acts()).to.deep.equal({ ...stage.actedOn(1), web1: 2 });
  });

  it("takes a member that crash-loops in its soak for failed", async () => {
    // it is found well once, and only then restarts by itself
    const asked = `"$LOCKED_ACTION_HOST_DIR/is-asked"`;
    const again = `${stage.command}; setsid sh -c 'until [ -e ${asked} ]; do sleep 0.02; done; ${stage.command}' </dev/null >/dev/null 2>&1 &`;
    const roll = stage.roll({
      health: {
        ...{ command: `: >${asked}`, interval: 0.1 },
        ...{ timeout: 60, minHealthy: 50 },
      },
      hosts: { web1: { action: { command: again, timeout: 30 } } },
    });
    const stack = await stage.stack(roll);
    const result = await stack.up();
    expect(errorsOf(result)).to.match(
      /web1: health: the process did not stay: pid \d+ is gone/,
    );
    const results = await stage.results(stack);
    expect(results.web1!.failure).to.include({ step: "health" });
    const { services } = stage;
    await eventually("it is up again", () => services[0]!.identity() !== null);
    expect(stage.acts()).to.deep.include(
      stage.actedOn(0, ["web2", "web3", "web4", "web5", "web6"]),
    );
  });

  it("asks the gate afresh for each member, and waits while it says not yet", async () => {
    const gate = {
      command: `f=$LOCKED_ACTION_HOST_DIR/asked; echo x >>"$f"; [ "$(grep -c x "$f")" -gt 2 ] || exit 75`,
      interval: 0.05,
    };
    const stack = await stage.stack(stage.roll({ gate, maxUnavailable: 6 }));
    await stage.mustSucceed(stack);
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
    for (const name of stage.names)
      expect(fs.readFileSync(file("asked", name), "utf8"), name).to.equal(
        "x\nx\nx\n",
      );
  });

  it("stops at a gate that says never, and touches nobody", async () => {
    const gate = { command: "exit 3" };
    const stack = await stage.stack(stage.roll({ gate }));
    const result = await stack.up();
    expect(errorsOf(result)).to.match(/web1: gate: it says never \(exit 3\)/);
    expect(stage.acts()).to.deep.equal(stage.actedOn(0));
    await stage.lockIsFree();
  });

  it("puts a host back into service that was drained, failed, and was repaired by hand", async () => {
    const drained = "$LOCKED_ACTION_HOST_DIR/drained";
    const roll = stage.roll({
      drain: { command: `touch "${drained}"` },
      undrain: { command: `rm "${drained}"` },
      health: HEALTH,
    });
    const stack = await stage.stack(roll);
    const service = stage.service("web1");
    service.breakDown();
    expect((await stack.up()).ok).to.equal(false);
    expect(fs.existsSync(file("drained", "web1"))).to.equal(true);
    service.mend();
    service.byHand("start");
    const byHand = service.identity();
    await stage.mustSucceed(stack);
    expect(service.identity()).to.equal(byHand);
    const results = await stage.results(stack);
    expect(results.web1).to.deep.include({
      ...{ outcome: "alreadyRestarted", process: [byHand] },
    });
    expect(fs.existsSync(file("drained", "web1"))).to.equal(false);
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
    await stage.lockIsFree();
  });

  it("counts a host that can't be reached, and begins with it when it is back", async () => {
    const connection = (name: string) => ({
      ...(stage.roll().hosts[name]!.connection as object),
      dialErrorLimit: 1,
    });
    const hosts = { web2: { connection: connection("web2") } };
    const stack = await stage.stack(stage.roll({ hosts }));
    stage.scene.fleet.host("web2").stop();
    const result = await stack.up();
    expect(errorsOf(result)).to.match(
      /roll: [01] of 6 done, 1 failed, [45] to go: stopped: 1 failed of 1 allowed/,
    );
    expect(errorsOf(result)).to.match(/web2: dial: /);
    await stage.scene.fleet.host("web2").start();
    const next = await stage.mustSucceed(stack);
    expect(ended(next)[0]).to.equal("web2");
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
  });

  it("begins with a host whose lock was left by a run of anybody that died", async () => {
    const stack = await stage.stack(stage.roll());
    const { pattern: subject } = stage.service("web4");
    await withOtherHolder(stage, (held) => held.abandon(), {
      ...{ target: "web4", subject },
    });
    const result = await stage.mustSucceed(stack);
    expect(ended(result)[0]).to.equal("web4");
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
    await stage.lockIsFree();
  });

  it("begins with a host whose recorded process is gone", async () => {
    const stack = await stage.stack(stage.roll());
    await stage.mustSucceed(stack);
    stage.service("web5").byHand("stop");
    await stage.set(stack, stage.roll({ triggers: [2] }));
    const { result, seen } = await stage.observed(stack, 1);
    expect(errorsOf(result)).to.equal("");
    expect(ended(result)[0]).to.equal("web5");
    expect(seen.mostDown).to.equal(1);
    expect(stage.acts()).to.deep.equal(stage.actedOn(2));
  });
});

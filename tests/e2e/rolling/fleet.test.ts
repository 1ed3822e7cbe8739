import { expect } from "chai";
import { lockPath, readHistory, type Held } from "../../../core/lock";
import { pathsOf } from "../../../core/lock/tree/paths";
import { errorsOf } from "../../support/scene";
import { withOtherHolder } from "./other-holder";
import { Stage, type Roll } from "./stage";

describe("RollingAction: hosts come and go", function () {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open(4);
  });
  beforeEach(() => stage.reset());
  after(() => stage.stop());

  const only = (...names: string[]) => ({
    ...stage.actedOn(0),
    ...stage.actedOn(1, names),
  });

  it("takes in hand whoever is new, and no other; who leaves is forgotten", async () => {
    const stack = await stage.stack(stage.roll({}, ["web1", "web2"]));
    await stage.mustSucceed(stack);
    expect(stage.acts()).to.deep.equal(only("web1", "web2"));
    await stage.set(stack, stage.roll({}, ["web3", "web2", "web4"]));
    await stage.mustSucceed(stack);
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
    expect(await stage.results(stack)).to.have.all.keys(
      ...["web2", "web3", "web4"],
    );
  });

  it("knows a host by its machine: another key, order or rack runs nothing", async () => {
    const roll = stage.roll({
      ...{ grouped: true, groups: "oneAtATime" },
    });
    const stack = await stage.stack(roll);
    await stage.mustSucceed(stack);
    const [first, ...others] = Object.entries(roll.hosts);
    const moved: Roll = {
      ...roll,
      hosts: Object.fromEntries([
        ...others.reverse(),
        ["renamed", { ...first![1], group: "c" }],
      ]) as Roll["hosts"],
    };
    await stage.set(stack, moved);
    const { summary } = await stage.mustSucceed(stack);
    expect(summary.update).to.equal(1);
    expect(await stage.results(stack)).to.have.all.keys(
      ...["renamed", "web2", "web3", "web4"],
    );
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
    expect((await stage.mustSucceed(stack)).summary.update).to.equal(0);
  });

  it("acts on one host alone when only its own triggers changed", async () => {
    const roll = stage.roll();
    const stack = await stage.stack(roll);
    await stage.mustSucceed(stack);
    roll.hosts.web3!.triggers = ["its own"];
    await stage.set(stack, roll);
    await stage.mustSucceed(stack);
    expect(stage.acts()).to.deep.equal({ ...stage.actedOn(1), web3: 2 });
  });

  it("asks each host whether it needs the action; those that do not count as done, and are told", async () => {
    const needs = (...names: string[]) => ({
      command: `case $DEMO_HOST in ${names.join("|")}) exit 0;; *) exit 1;; esac`,
    });
    const roll = stage.roll({
      ...{ onlyIf: needs("web2", "web4"), canary: { count: 1 } },
      logging: "stderr",
    });
    const stack = await stage.stack(roll);
    const first = await stage.mustSucceed(stack);
    expect(stage.acts()).to.deep.equal(only("web2", "web4"));
    const lines = first.diagnostics.map(({ message }) => message);
    expect(lines.join("\n")).to.match(/^web1: not needed; /m);
    const results = await stage.results(stack);
    expect(results.web1).to.include({ outcome: "notNeeded", verified: false });
    // the canary is the first that had anything to do
    expect([results.web1!.canary, results.web2!.canary]).to.deep.equal([
      ...[undefined, true],
    ]);
    expect(await stage.summary(stack)).to.equal("4 of 4 done (2 not needed)");
    const kinds = await stage.history();
    expect(kinds.sort()).to.deep.equal([
      ...["acted", "acted", "notNeeded", "notNeeded", "roll"],
    ]);
    expect((await stage.mustSucceed(stack)).summary.update).to.equal(0);
    // another onlyIf alone touches no host; no answer fails, and releases
    await stage.set(stack, { ...roll, onlyIf: { command: "exit 2" } });
    await stage.mustSucceed(stack);
    await stage.set(stack, {
      ...{ ...roll, triggers: [2] },
      onlyIf: { command: "echo odd >&2; exit 2" },
    });
    const last = await stack.up();
    expect(errorsOf(last)).to.match(
      /web1: onlyIf: neither yes nor no: exit 2\n[^]*stderr: odd/,
    );
    expect(stage.acts()).to.deep.equal(only("web2", "web4"));
    await stage.lockIsFree();
  });

  it("gives back first what a host that leaves has kept, and rolls the rest", async () => {
    const health = { command: "true", interval: 0.1, timeout: 0.5 };
    const stack = await stage.stack(stage.roll({ health }));
    stage.service("web1").breakDown();
    expect((await stack.up()).ok).to.equal(false);
    const { holders } = await stage.scene.lock(stage.lock);
    expect(holders.map(({ record }) => record?.target)).to.deep.equal(["web1"]);
    await stage.set(stack, stage.roll({ health }, ["web2", "web3", "web4"]));
    await stage.mustSucceed(stack);
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
    await stage.lockIsFree();
  });

  it("gives back what was kept when it is destroyed", async () => {
    const health = { command: "true", interval: 0.1, timeout: 0.5 };
    const stack = await stage.stack(stage.roll({ health }));
    stage.service("web1").breakDown();
    expect((await stack.up()).ok).to.equal(false);
    expect(errorsOf(await stack.destroy())).to.equal("");
    await stage.lockIsFree();
    expect(stage.acts()).to.deep.equal(only("web1"));
    const records = await stage.scene.withSession((session) =>
      readHistory(session, pathsOf(lockPath("/locked-action", stage.lock))),
    );
    expect(records.map(({ kind }) => kind)).to.deep.equal([
      ...["failed", "cleared", "roll"],
    ]);
  });

  it("only looks at hosts that are new with onCreate record, and needs no ZooKeeper for it", async () => {
    await stage.scene.zookeeper.kill();
    const roll = stage.roll({ onCreate: "record" });
    const stack = await stage.stack(roll);
    await stage.mustSucceed(stack);
    await stage.scene.zookeeper.restart();
    expect(stage.acts()).to.deep.equal(stage.actedOn(0));
    const { web1 } = await stage.results(stack);
    expect(web1).to.deep.include({
      ...{ outcome: "recorded", process: [stage.service("web1").identity()] },
    });
    await stage.set(stack, { ...roll, triggers: [2] });
    await stage.mustSucceed(stack);
    expect(stage.acts()).to.deep.equal(stage.actedOn(1));
  });

  it("changes how many may be down at once while nobody uses the lock; else both numbers are named", async () => {
    const stack = await stage.stack(stage.roll());
    await stage.mustSucceed(stack);
    await stage.set(stack, stage.roll({ maxUnavailable: 2, triggers: [2] }));
    const { result, seen } = await stage.observed(stack, 2);
    expect(errorsOf(result)).to.equal("");
    expect(seen.mostDown).to.equal(2);
    const limits = { maxHolders: 2 };
    const test = async (held: Held) => {
      await stage.set(stack, stage.roll({ maxUnavailable: 3, triggers: [3] }));
      expect(errorsOf(await stack.up())).to.match(/maxHolders 2, asked for 3/);
      await held.release();
    };
    await withOtherHolder(stage, test, { limits });
    expect(stage.acts()).to.deep.equal(stage.actedOn(2));
    await stage.mustSucceed(stack);
    expect(stage.acts()).to.deep.equal(stage.actedOn(3));
  });

  it("previews without any network who will be taken in hand, and why", async () => {
    const stack = await stage.stack(stage.roll({}, ["web1", "web2"]));
    await stage.mustSucceed(stack);
    await stage.set(stack, stage.roll({ maxUnavailable: "50%" }));
    await stage.scene.zookeeper.kill();
    for (const { stop } of stage.scene.fleet.hosts) stop();
    const lines: string[] = [];
    const preview = await stack.preview({
      onEvent: (event) => {
        if (event.type === "diagnostic") lines.push(event.message);
      },
    });
    expect(errorsOf(preview)).to.equal("");
    expect(preview.summary.update).to.equal(1);
    expect(lines.join("\n")).to.match(
      /will run the command on 2 of 4 hosts under lock roll \d+, 2 at once; web3, web4: new; last roll .*: 2 of 2 done/,
    );
    await stage.scene.zookeeper.restart();
    await Promise.all(stage.scene.fleet.hosts.map(({ start }) => start()));
  });
});

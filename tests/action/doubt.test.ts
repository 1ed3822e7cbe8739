import { expect } from "chai";
import { command, failed, Rig, succeeded } from "./rig";

describe("ZooKeeper that is gone", () => {
  let rig: Rig;
  before(async () => void (rig = await Rig.start(["web1"])));
  after(() => rig.stop());
  afterEach(() => rig.zookeeper.restart());

  const spec = (timeout = 30) => {
    const lock = rig.lock(rig.newLock(), { settleTimeout: 1, timeout });
    return rig.spec({ lock, process: null, act: command("true") });
  };

  it("before the lock: nothing was done, and nothing is left", async () => {
    await rig.zookeeper.kill();
    const outcome = failed(await rig.run(spec(1)));
    expect(outcome.reasons[0]).to.match(/^web1: lock: /);
    expect(outcome).to.deep.include({ kept: null, touched: false });
  });

  it("at the release: the action is done, and the lock is in doubt", async () => {
    let killed: Promise<void> | undefined;
    const of = {
      ...spec(),
      health: { command: "sleep 0.5", interval: 1, timeout: 30, minHealthy: 0 },
    };
    const report = ({ step }: { step: string }) => {
      if (step === "health") killed ??= rig.zookeeper.kill();
    };
    const outcome = succeeded(await rig.run(of, { report }));
    await killed;
    expect(outcome).to.deep.include({ outcome: "acted", inDoubt: true });
    expect(outcome.kept?.lock).to.equal(`/locked-action/${of.lock.name}`);
    expect(outcome.warnings).to.have.length(1);
    expect(outcome.warnings[0]).to.match(
      /in doubt whether the lock .* was released/,
    );
  });

  it("right before the act: it is not begun without the lock", async () => {
    let killed: Promise<void> | undefined;
    const of = {
      ...spec(),
      gate: { command: "sleep 0.5", interval: 1, timeout: 30 },
      act: command("touch $LOCKED_ACTION_HOST_DIR/acted"),
    };
    const report = ({ step }: { step: string }) => {
      if (step === "gate") killed ??= rig.zookeeper.kill();
    };
    const outcome = failed(await rig.run(of, { report }));
    await killed;
    expect(outcome).to.deep.include({ step: "lock", touched: false });
    expect(outcome.kept).not.to.equal(null);
    expect(rig.read("web1", "acted")).to.equal("");
  });
});

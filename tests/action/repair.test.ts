import { expect } from "chai";
import { command, count, failed, RESTART, Rig, succeeded } from "./rig";

/** The proof must come soon: processes get the health check's time to appear. */
const soon = { command: "true", interval: 0.1, timeout: 0.5, minHealthy: 0 };

describe("a service that does not come back", () => {
  let rig: Rig;
  before(async () => void (rig = await Rig.start(["web1"])));
  after(() => rig.stop());
  beforeEach(() => {
    for (const file of ["acts", "broken"]) rig.remove("web1", file);
  });

  const acts = () => count(rig.read("web1", "acts"));

  it("keeps the lock, adopts it in the next run, and repairs", async function () {
    rig.write("web1", "broken");
    const spec = rig.spec({ health: soon });
    succeeded(
      await rig.run(
        rig.spec({ act: command(RESTART.replace("[ -f broken ]", "false")) }),
      ),
    );
    const first = failed(await rig.run(spec));
    expect(first.reasons[0]).to.equal(
      "web1: verify: expected a new process, and none of the old ones within 0.5 s, saw no process",
    );
    expect(first.debt.phase).to.equal("acted");
    const [holder] = (await rig.view(spec))!.holders;
    expect(holder?.record?.failure?.step).to.equal("verify");

    rig.remove("web1", "broken");
    const corrected = { ...rig.after(spec, first), runKey: "run-2" };
    const second = succeeded(await rig.run(corrected));
    expect(second.outcome).to.equal("acted");
    expect(second.kept).to.equal(null);
    expect((await rig.view(spec))?.holders).to.deep.equal([]);
  });

  it("does not restart again what was started by hand meanwhile", async () => {
    rig.write("web1", "broken");
    const spec = rig.spec({ health: soon });
    const first = failed(await rig.run(spec));
    const before = acts();
    rig.remove("web1", "broken");
    const byHand = rig.sandbox.spawn(rig.daemon("web1"), ["100000"]);
    rig.write("web1", "pid", String(byHand.pid));
    const second = succeeded(await rig.run(rig.after(spec, first)));
    expect(second).to.deep.include({
      outcome: "alreadyRestarted",
      verified: true,
      kept: null,
    });
    expect(second.after?.[0]?.split("/")[1]).to.equal(String(byHand.pid));
    expect(acts()).to.equal(before);
    expect((await rig.view(spec))?.holders).to.deep.equal([]);
  });

  it("restarts it again for another configuration, whatever runs now", async () => {
    rig.write("web1", "broken");
    const spec = rig.spec({ health: soon });
    const first = failed(await rig.run(spec));
    const before = acts();
    rig.remove("web1", "broken");
    const byHand = rig.sandbox.spawn(rig.daemon("web1"), ["100000"]);
    rig.write("web1", "pid", String(byHand.pid));
    const next = { ...rig.after(spec, first), runKey: "run-2" };
    expect(succeeded(await rig.run(next)).outcome).to.equal("acted");
    expect(acts()).to.equal(before + 1);
  });

  it("adopts what a killed run left, without a debt in any state", async () => {
    rig.write("web1", "broken");
    const spec = rig.spec({ health: soon });
    failed(await rig.run(spec));
    rig.remove("web1", "broken");
    const byHand = rig.sandbox.spawn(rig.daemon("web1"), ["100000"]);
    rig.write("web1", "pid", String(byHand.pid));
    // another stack, that knows nothing
    const outcome = succeeded(await rig.run(spec));
    expect(outcome.outcome).to.equal("alreadyRestarted");
  });
});

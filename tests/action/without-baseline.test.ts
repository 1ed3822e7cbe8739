import { expect } from "chai";
import { acquire } from "../../core/lock";
import type { ActionSpec } from "../../core/action/types";
import { eventually } from "../support/eventually";
import { count, Rig, succeeded } from "./rig";

describe("a lock that an earlier run left without a baseline", () => {
  let rig: Rig;
  before(async () => void (rig = await Rig.start(["web1"])));
  after(() => rig.stop());

  const startByHand = () => {
    const byHand = rig.sandbox.spawn(rig.daemon("web1"), ["100000"]);
    rig.write("web1", "pid", String(byHand.pid));
  };
  const acts = () => count(rig.read("web1", "acts"));

  /** A run that took the lock, began its act, and died before it noted anything of the processes. */
  async function leave({ lock, owner, facts, runKey }: ActionSpec) {
    const lease = await rig.sessions.lease({ servers: lock.servers });
    const taken = performance.now();
    const held = await acquire(lease.session, {
      ...lock,
      owner,
      facts: { ...facts, run: "killed", runKey },
    });
    await held.record({ acting: { run: "killed", since: "", deadline: 1 } });
    await held.abandon();
    await lease.release();
    return () => (performance.now() - taken) / 1000;
  }

  it("is released without an act if all that runs is younger", async () => {
    const spec = rig.spec();
    const age = await leave(spec);
    // the two ages are compared with a margin of two seconds
    await eventually("the lock is older than the margin", () => age() > 4);
    startByHand();
    const outcome = succeeded(await rig.run(spec));
    expect(outcome).to.deep.include({
      outcome: "alreadyRestarted",
      verified: true,
      verifiedBy: ["process"],
      kept: null,
    });
    expect(acts()).to.equal(0);
    expect((await rig.view(spec))?.holders).to.deep.equal([]);
  });

  it("is worked under if what runs is older", async () => {
    const spec = rig.spec();
    await leave(spec);
    expect(succeeded(await rig.run(spec)).outcome).to.equal("acted");
    expect(acts()).to.equal(1);
  });
});

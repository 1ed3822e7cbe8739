import { expect } from "chai";
import { runChaos, type ChaosResult } from "./run";

describe("the lock under random faults", () => {
  function allIsWell(result: ChaosResult, cycles: number): void {
    expect(result.violations).to.deep.equal([]);
    expect(result.cycles).to.be.at.least(cycles);
    expect(result.deeds.hold).to.be.at.least(cycles);
    expect(result.transactions).to.be.above(cycles);
    expect(Object.keys(result.faults).length).to.be.above(5);
    expect(result.faults).to.include.keys("killed leader", "frozen server");
    expect(result.faults).to.include.keys("foreign nodes", "Chef run");
  }

  it("keeps its promises for 300 cycles on one server", async () => {
    const options = { cycles: 300, seed: 1, ensemble: false };
    allIsWell(await runChaos(options), 300);
  }).timeout(400_000);
});

import { expect } from "chai";
import { HELP, readOptions } from "./runs/main";
import { runStorm } from "./runs/storm";

describe("runs of one owner from two PID namespaces, a third of them killed", () => {
  it("never work two at once, in 30 runs", async () => {
    const { violations, begun, seen, counts } = await runStorm({
      ...{ cycles: 30, seed: 1 },
    });
    expect(violations).to.deep.equal([]);
    expect(begun, JSON.stringify(counts)).to.be.at.least(8);
    expect(seen).to.be.at.least(begun);
    const killed = Object.keys(counts).filter((each) => /^killed/.test(each));
    expect(killed).to.include.members(["killed here", "killed there"]);
  }).timeout(400_000);

  it("are asked for by a command that says what it takes", () => {
    expect(readOptions(["--cycles", "7", "--seed", "3"])).to.deep.equal({
      ...{ cycles: 7, seed: 3 },
    });
    expect(readOptions([])!.cycles).to.equal(500);
    expect(readOptions(["--help"])).to.equal(null);
    expect(() => readOptions(["--cycles", "x"])).to.throw("--cycles x: ");
    expect(HELP).to.contain("--cycles N");
  });
});

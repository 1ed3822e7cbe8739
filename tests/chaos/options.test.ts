import { expect } from "chai";
import { HELP, readOptions } from "./options";

describe("the command line of npm run chaos", () => {
  it("asks for 10,000 cycles on one server, or for what it says", () => {
    const { seed, ...rest } = readOptions([])!;
    expect(seed).to.be.at.least(0);
    expect(rest).to.deep.equal({
      ...{ cycles: 10_000, ensemble: false },
      ...{ clients: 4, workers: 10 },
    });
    const line = "--cycles 7 --seed 0 --ensemble --clients 2 --workers 3".split(
      " ",
    );
    expect(readOptions(line)).to.deep.equal({
      ...{ cycles: 7, seed: 0, ensemble: true },
      ...{ clients: 2, workers: 3 },
    });
  });

  for (const [line, problem] of [
    [["--cycle", "7"], "Unknown option '--cycle'"],
    [["7"], "Unexpected argument '7'"],
    [["--cycles"], "Option '--cycles <value>' argument missing"],
    [["--cycles", "many"], "--cycles many: expected a whole number"],
    [["--cycles", "0"], "--cycles 0: expected a whole number"],
    [["--seed", "1.5"], "--seed 1.5: expected a whole number"],
  ] as const)
    it(`is refused: ${line.join(" ")}`, () => {
      expect(() => readOptions([...line])).to.throw(problem);
    });

  it("has each of its options in its help", () => {
    expect(readOptions(["--help"])).to.equal(null);
    for (const name of ["help", "ensemble", ...Object.keys(readOptions([])!)])
      expect(HELP).to.match(new RegExp(`^  --${name}\\b`, "m"));
  });
});

import { expect } from "chai";
import { HELP, readOptions } from "./main";

describe("the command line of npm run fuzz", () => {
  it("goes on for a minute from a seed of the clock, or as it says", () => {
    const { seed, ...rest } = readOptions([])!;
    expect(seed).to.be.within(0, 999_999_999);
    expect(rest).to.deep.equal({ minutes: 1, runs: null, only: "" });
    const line = "--minutes 30 --seed 7 --runs 500 --only server".split(" ");
    expect(readOptions(line)).to.deep.equal({
      ...{ minutes: 30, seed: 7, runs: 500, only: "server" },
    });
  });

  for (const [line, problem] of [
    [["--minute", "7"], "Unknown option '--minute'"],
    [["7"], "Unexpected argument '7'"],
    [["--seed"], "Option '--seed <value>' argument missing"],
    [["--minutes", "many"], "--minutes: expected a number, got many"],
    [["--minutes", "0.5"], "--minutes: expected a number, got 0.5"],
    [["--runs", "-1"], "--runs"],
  ] as const)
    it(`is refused: ${line.join(" ")}`, () => {
      expect(() => readOptions([...line])).to.throw(problem);
    });

  it("has each of its options in its help", () => {
    expect(readOptions(["--help"])).to.equal(null);
    for (const name of ["help", ...Object.keys(readOptions([])!)])
      expect(HELP).to.match(new RegExp(`^  --${name}\\b`, "m"));
  });
});

import { expect } from "chai";
import { duration } from "../../core/text/duration";

describe("duration", () => {
  const table: [number, string][] = [
    [0, "0 s"],
    [0.44, "0.4 s"],
    [9.96, "10 s"],
    [35, "35 s"],
    [59.4, "59 s"],
    [59.6, "1 min"],
    [860, "14 min 20 s"],
    [3600, "1 h"],
    [11_100, "3 h 5 min"],
    [187_200, "2 d 4 h"],
  ];
  for (const [seconds, text] of table)
    it(`says ${text} for ${seconds}`, () => {
      expect(duration(seconds)).to.equal(text);
    });

  it("does not make numbers up", () => {
    expect(duration(NaN)).to.equal("unknown time");
    expect(duration(-1)).to.equal("unknown time");
  });
});

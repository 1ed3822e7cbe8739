import { expect } from "chai";
import { readFlatMap } from "../../cli/yaml";

const read = (...lines: string[]) =>
  readFlatMap(["config:", ...lines].join("\n"), "config");

describe("the configuration of a stack", () => {
  it("is read with its comments and quotes", () => {
    expect(
      read(
        "  a: plain # comment",
        "  b: a#b  ",
        "  c: 'it''s' # comment",
        '  d: "x\\ty"',
        "  e: # nothing",
        "  f: &anchor x",
        '  "g": # : #',
      ),
    ).to.deep.equal({
      ...{ a: "plain", b: "a#b", c: "it's", d: "x\ty", e: null, f: null },
      g: null,
    });
  });

  const blanks = " ".repeat(50_000);
  for (const [what, line] of [
    ["before text", `  a: x${blanks}y`],
    ["only", blanks],
    ["after a key", `  a:${blanks}`],
    ["before a comment", `  a: x${blanks}# y`],
    ["in quotes", `  a: '${blanks}`],
    ["after quotes", `  a: 'x'${blanks}y`],
    ["and a lone carriage return", `  a:${blanks}\rx`],
    ["and colons", `  a${": ".repeat(50_000)}\r`],
    ["and a separator of lines", `  a${": ".repeat(50_000)}\u2028`],
  ] as const)
    it(`is read at once though a line has 50,000 blanks ${what}`, () => {
      const begun = process.cpuUsage();
      read(line);
      const { user } = process.cpuUsage(begun);
      expect(user / 1e6).to.be.below(0.5);
    });
});

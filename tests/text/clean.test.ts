import { expect } from "chai";
import { clean } from "../../core/text/clean";
import { createRedactor } from "../../core/text/redact";

describe("clean", () => {
  it("leaves letters of all scripts, tabs and line breaks alone", () => {
    const text = "a\tb\nÄ € 日本 עברית 🙂";
    expect(clean(text)).to.equal(text);
  });

  it("lets nothing through that steers a terminal, turns a text around, or is not seen", () => {
    const points = [
      ...[0x00, 0x07, 0x08, 0x1b, 0x7f, 0x85, 0x9b, 0xad, 0x61c, 0x115f],
      ...[0x200b, 0x200d, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060],
      ...[0x2066, 0x2069, 0x3164, 0xfe0f, 0xfeff, 0xfff9, 0xd800, 0xe0041],
    ];
    for (const point of points)
      expect(
        clean(`a${String.fromCodePoint(point)}b`),
        point.toString(16),
      ).to.equal("a\ufffdb");
  });

  it("makes a line of each carriage return: nothing is written over", () => {
    expect(clean("success\rfailure\r\nend")).to.equal("success\nfailure\nend");
  });

  it("ends what is too long, and says how much is missing", () => {
    expect(clean("x".repeat(12), 10)).to.equal(
      `${"x".repeat(10)}\n[… 2 characters left out …]`,
    );
  });
});

describe("a redactor", () => {
  it("knows each line of a secret, short ones too, and with its control characters gone", () => {
    const redact = createRedactor(["PIN=8642\r\nKEY=zx81", "a\u001bbcd"]);
    expect(redact("is PIN=8642")).to.equal("is [secret]");
    expect(redact("is KEY=zx81")).to.equal("is [secret]");
    expect(redact(clean("is a\u001bbcd"))).to.equal("is [secret]");
  });

  it("knows the halves of a secret that was cut where an output was too long", () => {
    const redact = createRedactor(["correct-horse-battery"]);
    const note = "\n[… 99 bytes left out …]\n";
    expect(redact(`is correct-ho${note}rse-battery!`)).to.equal(
      `is [secret]${note}[secret]!`,
    );
    expect(redact(`nothing${note}of it`)).to.equal(`nothing${note}of it`);
  });
});

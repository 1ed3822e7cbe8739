import { expect } from "chai";
import { lastLines, oneLine, tail } from "../../core/text/lines";

describe("lastLines", () => {
  it("gives the last lines that are not blank", () => {
    expect(lastLines("a\n\nb\r\nc\n\n", 2)).to.deep.equal(["b", "c"]);
  });

  it("gives nothing for blank output", () => {
    expect(lastLines(" \n\t\n")).to.deep.equal([]);
  });

  it("cuts long lines", () => {
    expect(lastLines("x".repeat(20), 1, 10)).to.deep.equal(["xxxxxxxxx…"]);
  });

  it("lets no control character through to the terminal", () => {
    expect(lastLines("\u001b[31mred")).to.deep.equal(["�[31mred"]);
  });
});

describe("tail", () => {
  it("keeps a short text", () => {
    expect(tail("short", 5)).to.equal("short");
  });

  it("says how much is missing before the end", () => {
    expect(tail("abcdefgh", 3)).to.equal("[5 characters left out]\nfgh");
  });
});

describe("oneLine", () => {
  it("joins lines", () => {
    expect(oneLine(" a\n  b\tc ")).to.equal("a b c");
  });
});

import { expect } from "chai";
import { createRedactor } from "../../core/text/redact";

describe("createRedactor", () => {
  it("takes out every occurrence of every secret, the longest first", () => {
    const redact = createRedactor(["hunter2", "hunter2-and-more"]);
    expect(redact("hunter2-and-more, hunter2, hunter2")).to.equal(
      "[secret], [secret], [secret]",
    );
  });

  it("knows single lines of a key", () => {
    const line = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU";
    const redact = createRedactor([`-----BEGIN-----\n${line}\n-----END-----`]);
    expect(redact(`parse error near ${line}`)).to.equal(
      "parse error near [secret]",
    );
  });

  it("knows a secret without the line break at its end", () => {
    expect(createRedactor(["pass word\n"])("pass word!")).to.equal("[secret]!");
  });

  it("leaves values alone that are too short to be told from words", () => {
    expect(createRedactor(["", "a", "abc"])("abc a")).to.equal("abc a");
  });

  it("does not read secrets as patterns", () => {
    const redact = createRedactor(["$&.*(+"]);
    expect(redact("x $&.*(+ y")).to.equal("x [secret] y");
  });
});

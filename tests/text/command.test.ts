import { expect } from "chai";
import { execFileSync } from "node:child_process";
import {
  clearCommand,
  lockedAction,
  pulumiUp,
  shellWord,
} from "../../core/text/command";

const WORDS = [
  ...["web", "two words", "ruby_block[x]", "$(touch x)", "`touch x`"],
  ...["'urn:x'; touch x; : '", "it's", '"', "\\", "=ls", "~root", "-m", ""],
  ...["!event", "a\nb", "esc\u001b[31mred", "\u202Eevil", "zero\u200Bwidth"],
  ...[
    "50%",
    "*",
    "{a,b}",
    "#",
    "&",
    ";",
    "|",
    "<",
    "é",
    "日本",
    "🦊",
    "^x",
    "a=b",
  ],
];
const SHELLS = ["sh", "bash", "zsh", "busybox"];

describe("a printed command", () => {
  for (const shell of SHELLS)
    it(`is read by ${shell} as the words it was made of`, () => {
      const line = WORDS.map(shellWord).join(" ");
      const script = `printf '%s\\0' ${line}`;
      const args = shell === "busybox" ? ["sh", "-c", script] : ["-c", script];
      const read = execFileSync(shell, args, { encoding: "utf8" });
      expect(read.split("\0").slice(0, -1)).to.deep.equal(WORDS);
    });

  it("shows no character that steers a terminal", () => {
    for (const word of WORDS)
      expect(shellWord(word)).not.to.match(/[\p{Cc}\p{Cf}]/u);
  });

  it("names the servers always, the root where it is not the default", () => {
    const place = { servers: "zk1:2181", root: "/locked-action" };
    expect(lockedAction(place, "show", "web")).to.equal(
      "locked-action show web --servers zk1:2181",
    );
    expect(clearCommand({ ...place, root: "/my locks" }, "a b", "ID")).to.equal(
      "locked-action clear 'a b' --holder ID -m WHY --servers zk1:2181 --root '/my locks'",
    );
  });

  it("names a resource whatever its URN contains", () => {
    expect(pulumiUp()).to.equal("pulumi up");
    expect(pulumiUp("urn:x'; touch y; : '")).to.equal(
      `pulumi up --target 'urn:x'\\''; touch y; : '\\'''`,
    );
    expect(shellWord("a\0b")).to.equal("'a\uFFFDb'");
  });
});

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import path from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { whoWeAre } from "../../core/text/who";

/** A number that no user has. */
const NOBODY = 54_321;

describe("who we are", () => {
  it("is the user and the machine", () => {
    expect(whoWeAre()).to.equal(`${userInfo().username}@${hostname()}`);
  });

  it("is told in a container, too, that runs under the number of no user", function () {
    if (process.getuid?.() !== 0) {
      console.log("      skipped: only root may start a process as another");
      this.skip();
    }
    const file = path.join(__dirname, "../../core/text/who.ts");
    const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), {
      compilerOptions: { module: ts.ModuleKind.CommonJS },
    });
    // over stdin: it may read none of our files
    const child = spawnSync(process.execPath, ["-"], {
      input: `${outputText}\nconsole.log(exports.whoWeAre());`,
      uid: NOBODY,
      cwd: "/",
      encoding: "utf8",
      timeout: 60_000,
    });
    expect(child.stderr).to.equal("");
    expect(child.stdout).to.equal(`uid-${NOBODY}@${hostname()}\n`);
  });
});

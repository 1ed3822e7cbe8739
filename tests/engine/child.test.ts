import { expect } from "chai";
import { Child } from "../../engine/child";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";

describe("a process of the engine", () => {
  let sandbox: Sandbox;
  let lines: string[];
  before(async () => void (sandbox = await Sandbox.create()));
  beforeEach(() => (lines = []));
  after(() => sandbox.stop());

  const start = (script: string) =>
    Child.start({
      args: ["-e", script],
      cwd: sandbox.dir,
      env: { ...process.env, ...sandbox.env },
      stdin: "pipe",
      onOutput: (line) => void lines.push(`out ${line}`),
      onError: (line) => void lines.push(`err ${line}`),
    });

  it("has all it said told, line by line, before its end is", async () => {
    const child = start(
      `console.log("one\\ntwo"); console.error("three"); process.exitCode = 7`,
    );
    expect(await child.exit).to.deep.equal({ code: 7, signal: null });
    expect(lines.sort()).to.deep.equal(["err three", "out one", "out two"]);
  });

  it("ends, though another that it left behind holds its output open", async () => {
    const child = start(
      `require("child_process").spawn("sleep", ["60"], { stdio: "inherit", detached: true }).unref()`,
    );
    expect(await child.exit).to.deep.equal({ code: 0, signal: null });
  });

  it("is asked to end, and made to when it does not", async () => {
    const child = start(
      `process.on("SIGINT", () => console.log("no")); setInterval(() => {}, 1000); console.log("up")`,
    );
    await eventually("it is up", () => lines.includes("out up"));
    expect(await child.end(200)).to.deep.equal({
      code: null,
      signal: "SIGKILL",
    });
    expect(lines).to.include("out no");
  });
});

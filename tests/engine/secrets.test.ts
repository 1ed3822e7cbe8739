import { expect } from "chai";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { Sandbox } from "../support/sandbox";
import { plainProject, resourceOf, type PlainProject } from "./plain-project";

const SIGNATURE = "4dabf18193072939515e22adb298388d";

describe("the engine and secrets", () => {
  let sandbox: Sandbox;
  let project: PlainProject;
  before(async () => {
    sandbox = await Sandbox.create();
    project = await plainProject(sandbox);
  });
  after(() => sandbox.stop());

  it("gives them to the provider, and keeps them out of state and output", async () => {
    const config = {
      shown: { value: "config-hush", secret: true },
      "other:plain": { value: "open" },
    };
    const stack = project.stack("dev", { config });
    project.declare([
      {
        name: "a",
        inputs: {
          login: { password: { $secret: "never" }, user: "me" },
          whole: { $secret: { password: "input-hush" } },
          list: ["x"],
        },
        additionalSecretOutputs: ["made", "list"],
      },
      { name: "b", inputs: { from: { $made: "a" } } },
      { print: "the program prints config-hush" },
    ]);
    const lines: string[] = [];
    const up = await stack.up({
      onEvent: (event) => void lines.push(JSON.stringify(event)),
    });
    expect(up.failure).to.equal(undefined);
    expect(up.outputs).to.include({ shown: "config-hush", a: "created a" });
    expect(stack.outputs()).to.deep.equal(up.outputs);

    const [create] = project.calls("create");
    expect(create?.inputs?.whole).to.deep.equal({ password: "input-hush" });
    expect(project.calls("configure")[0]?.shown).to.equal("config-hush");

    const text = await readFile(
      path.join(project.dir, "dev.state.json"),
      "utf8",
    );
    for (const told of [text, lines.join("\n"), JSON.stringify(up.diagnostics)])
      expect(told).not.to.match(/hush|created a/);
    expect(lines.join("\n")).to.include("the program prints [secret]");
    const found = resourceOf(stack.exportState(), "b");
    expect(found?.inputs.from).to.have.property(SIGNATURE);
    expect(resourceOf(stack.exportState(), "a")?.outputs).to.deep.include({
      name: "a",
    });
  });

  it("finds them again, but only with the passphrase", async () => {
    const wrong = project.stack("dev", { passphrase: "another" });
    const refused = await wrong.refresh();
    expect(refused.failure).to.equal(
      "incorrect passphrase (PULUMI_CONFIG_PASSPHRASE)",
    );
    project.forget();
    const gone = await project.stack("dev").destroy();
    expect(gone.ok).to.equal(true);
    const deleted = project.calls("delete").find(({ name }) => name === "a");
    expect(deleted?.inputs?.whole).to.deep.equal({ password: "input-hush" });
  });
});

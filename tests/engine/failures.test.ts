import { expect } from "chai";
import type { EngineEvent } from "../../engine";
import { Sandbox } from "../support/sandbox";
import {
  errorsOf,
  names,
  plainProject,
  resourceOf,
  urnOf,
  type PlainProject,
} from "./plain-project";

describe("the engine, when something fails", () => {
  let sandbox: Sandbox;
  let project: PlainProject;
  before(async () => void (sandbox = await Sandbox.create()));
  beforeEach(async () => void (project = await plainProject(sandbox)));
  after(() => sandbox.stop());

  it("stops at a bad input, in a preview already, and hides what is secret in it", async () => {
    const stack = project.stack("dev");
    project.declare([
      { name: "a", inputs: { bad: { key: { $secret: "hush" } } } },
      { name: "b", inputs: { bad: { $secret: "hush" } } },
    ]);
    for (const result of [await stack.preview(), await stack.up()]) {
      expect(result.ok).to.equal(false);
      expect(errorsOf(result)).to.match(
        /^pulumi-nodejs:dynamic:Plain resource '[ab]': property bad value \{.*\} has a problem: is bad$/,
      );
    }
    expect(project.calls("create")).to.deep.equal([]);
  });

  it("records nothing of a creation that failed, and deletes nothing then", async () => {
    const stack = project.stack("dev");
    project.declare([{ name: "old" }]);
    await stack.up();
    project.declare([
      { name: "a", inputs: { fail: "create" } },
      { name: "b", dependsOn: ["a"] },
    ]);
    const events: EngineEvent[] = [];
    const up = await stack.up({ onEvent: (event) => void events.push(event) });
    expect(up.ok).to.equal(false);
    expect(up.failure).to.equal("create of a went wrong");
    expect(up.diagnostics).to.deep.include({
      severity: "error",
      message: "create of a went wrong",
      urn: urnOf("a"),
      ephemeral: false,
    });
    expect(events.filter(({ type }) => type === "failed").length).to.equal(1);
    const { deployment } = stack.exportState()!;
    expect(resourceOf(stack.exportState(), "a")).to.equal(undefined);
    expect(resourceOf(stack.exportState(), "old")).not.to.equal(undefined);
    expect(deployment.pending_operations).to.deep.equal([]);
    expect(names(project.calls("create"))).to.deep.equal(["old", "a"]);
  });

  it("updates what was half done until it is done, though nothing changed", async () => {
    const stack = project.stack("dev");
    const declare = (partial?: string) =>
      project.declare([
        { name: "a", inputs: { value: 1, ...(partial ? { partial } : {}) } },
      ]);
    declare("create");
    const first = await stack.up();
    expect(errorsOf(first)).to.equal(
      "2 errors occurred:\n\t* a is half done\n\t* the other half failed",
    );
    expect(first.failure).to.equal("a is half done");
    expect(resourceOf(stack.exportState(), "a")).to.deep.include({
      id: "id of a",
      initErrors: ["a is half done", "the other half failed"],
    });

    declare("update");
    const second = await stack.up();
    expect(second.ok).to.equal(false);
    const half = resourceOf(stack.exportState(), "a");
    expect(half?.initErrors?.length).to.equal(2);
    // the new outputs beside the old inputs
    expect(half?.outputs.made).to.equal("updated a");
    expect(half?.inputs.partial).to.equal("create");

    declare();
    const third = await stack.up();
    expect(third.summary).to.include({ update: 1, same: 1 });
    expect(resourceOf(stack.exportState(), "a")).not.to.have.property(
      "initErrors",
    );
    const fourth = await stack.up();
    expect(fourth.summary).to.include({ update: 0, same: 2 });
  });

  it("forgets at a refresh what was half done", async () => {
    const stack = project.stack("dev");
    project.declare([{ name: "a", inputs: { partial: "create" } }]);
    await stack.up();
    const refresh = await stack.refresh();
    expect(refresh.summary).to.include({ refresh: 1, same: 1 });
    expect(resourceOf(stack.exportState(), "a")).not.to.have.property(
      "initErrors",
    );
  });

  it("keeps what could not be updated or deleted as it was", async () => {
    const stack = project.stack("dev");
    project.declare([{ name: "a", inputs: { value: 1, fail: "delete" } }]);
    await stack.up();
    const before = resourceOf(stack.exportState(), "a");
    project.declare([{ name: "a", inputs: { value: 2, fail: "update" } }]);
    const up = await stack.up();
    expect(up.failure).to.equal("update of a went wrong");
    expect(resourceOf(stack.exportState(), "a")).to.deep.equal(before);
    const destroy = await stack.destroy();
    expect(destroy.failure).to.equal("delete of a went wrong");
    expect(resourceOf(stack.exportState(), "a")).to.deep.equal(before);
    expect(destroy.summary.delete).to.equal(0);
  });

  it("deletes nothing when the program throws, and tells why at once", async () => {
    const stack = project.stack("dev");
    project.declare([{ name: "a" }]);
    await stack.up();
    project.declare([{ throw: "no such host" }]);
    const up = await stack.up();
    expect(up.failure).to.equal("the program failed");
    expect(errorsOf(up)).to.include("no such host");
    expect(resourceOf(stack.exportState(), "a")).not.to.equal(undefined);
  });

  it("says what it does not support, and what can't be", async () => {
    const stack = project.stack("dev");
    project.declare([{ name: "a", import: "id of a" }]);
    expect(errorsOf(await stack.preview())).to.equal(
      "a: the option `import` is not supported by this engine",
    );
    project.declare([{ name: "a" }, { name: "a" }]);
    expect((await stack.preview()).failure).to.include(
      `Duplicate resource URN '${urnOf("a")}'`,
    );
  });
});

import { expect } from "chai";
import { Sandbox } from "../support/sandbox";
import {
  errorsOf,
  names,
  plainProject,
  resourceOf,
  urnOf,
  type PlainProject,
} from "./plain-project";

describe("the engine, with --target", () => {
  let sandbox: Sandbox;
  let project: PlainProject;
  before(async () => void (sandbox = await Sandbox.create()));
  beforeEach(async () => void (project = await plainProject(sandbox)));
  after(() => sandbox.stop());

  it("touches the targets alone", async () => {
    const stack = project.stack("dev");
    const declare = (value: number, ...more: string[]) =>
      project.declare(
        ["a", "b", ...more].map((name) => ({ name, inputs: { value } })),
      );
    declare(1, "removed");
    await stack.up();
    project.forget();
    declare(2, "new");
    const up = await stack.up({ target: [urnOf("b")] });
    expect(up.failure).to.equal(undefined);
    expect(up.summary).to.include({ update: 1, create: 0, delete: 0 });
    expect(names(project.calls("update"))).to.deep.equal(["b"]);
    expect(names(project.calls("check"))).to.deep.equal(["b"]);
    const state = stack.exportState();
    expect(resourceOf(state, "a")?.inputs.value).to.equal(1);
    expect(resourceOf(state, "removed")).not.to.equal(undefined);
    expect(resourceOf(state, "new")).to.equal(undefined);
    // the stack's outputs are those of the last whole update
    expect(up.outputs).to.deep.include({ b: "created b" });

    const gone = await stack.up({ target: [urnOf("removed")] });
    expect(gone.summary).to.include({ delete: 1, update: 0 });
  });

  it("refuses to make what needs something that is left out", async () => {
    const stack = project.stack("dev");
    project.declare([{ name: "a" }, { name: "b", dependsOn: ["a"] }]);
    const up = await stack.up({ target: [urnOf("b")] });
    expect(errorsOf(up)).to.equal(
      `Resource '${urnOf("b")}' depends on '${urnOf("a")}', which is not there yet and not in the --target list`,
    );
    const both = await stack.up({ target: [urnOf("a"), urnOf("b")] });
    expect(both.summary).to.include({ create: 2, same: 1 });
  });

  it("destroys the targets, with what is in them", async () => {
    const stack = project.stack("dev");
    project.declare([
      { name: "group", group: true },
      { name: "a", parent: "group" },
      { name: "b" },
      { name: "c", dependsOn: ["b"] },
    ]);
    await stack.up();
    project.forget();
    const refused = await stack.destroy({ target: [urnOf("b")] });
    expect(refused.failure).to.include(`without also deleting '${urnOf("c")}'`);
    const group = urnOf("group", "test:index:Group");
    const gone = await stack.destroy({ target: [group] });
    expect(gone.summary.delete).to.equal(2);
    expect(names(project.calls("delete"))).to.deep.equal(["a"]);
    expect(resourceOf(stack.exportState(), "c")).not.to.equal(undefined);
  });
});

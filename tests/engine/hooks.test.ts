import { expect } from "chai";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { Sandbox } from "../support/sandbox";
import {
  errorsOf,
  names,
  plainProject,
  type PlainProject,
} from "./plain-project";

describe("resource hooks", () => {
  let sandbox: Sandbox;
  let project: PlainProject;
  before(async () => {
    sandbox = await Sandbox.create();
    project = await plainProject(sandbox);
  });
  after(() => sandbox.stop());

  /** What the hooks saw since the last call. */
  const hooked = () => {
    const file = path.join(project.dir, "hooks.log");
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, "utf8").trim().split("\n");
    rmSync(file);
    return lines;
  };
  const all = {
    ...{ beforeCreate: ["first", "second"], afterCreate: ["after"] },
    ...{ beforeUpdate: ["first"], afterUpdate: ["after"] },
    ...{ beforeDelete: ["first"], afterDelete: ["after"] },
  };

  it("are called around create, update and delete, and not in a preview", async () => {
    const stack = project.stack("all");
    project.declare([{ name: "a", inputs: { value: 1 }, hooks: all }]);
    expect(errorsOf(await stack.preview())).to.equal("");
    expect(hooked()).to.deep.equal([]);
    expect(errorsOf(await stack.up())).to.equal("");
    expect(hooked()).to.deep.equal([
      ...["first a ", "second a ", "after a id of a"],
    ]);
    project.declare([{ name: "a", inputs: { value: 2 }, hooks: all }]);
    expect(errorsOf(await stack.up())).to.equal("");
    const around = ["first a id of a", "after a id of a"];
    expect(hooked()).to.deep.equal(around);
    // as the real engine, which runs no program to destroy
    expect((await stack.destroy()).failure).to.match(/has hooks/);
    project.declare([{ register: ["first", "second", "after"] }]);
    expect(errorsOf(await stack.up())).to.equal("");
    expect(hooked()).to.deep.equal(around);
  });

  it("keep a step from being done when they fail before it, and warn after it", async () => {
    project.forget();
    const stack = project.stack("bad");
    project.declare([
      { name: "b", hooks: { beforeCreate: ["bad"] } },
      { name: "c", hooks: { afterCreate: ["badly"] } },
    ]);
    const result = await stack.up();
    expect(errorsOf(result)).to.equal(
      'beforeCreate hook "bad" failed: the hook says no',
    );
    expect(names(project.calls("create"))).not.to.include("b");
    project.declare([{ name: "c", hooks: { afterCreate: ["badly"] } }]);
    const other = await project.stack("warned").up();
    expect(errorsOf(other)).to.equal("");
    expect(other.diagnostics.map(({ message }) => message)).to.include(
      'afterCreate hook "badly" failed: the hook says no',
    );
  });
});

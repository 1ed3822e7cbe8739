import { expect } from "chai";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { Sandbox } from "../support/sandbox";
import {
  errorsOf,
  names,
  resourceOf,
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

  it("keep a step from being done when they fail before it, and halt all when they fail after it", async () => {
    project.forget();
    const stack = project.stack("bad");
    project.declare([{ name: "b", hooks: { beforeCreate: ["bad"] } }]);
    const result = await stack.up();
    expect(errorsOf(result)).to.equal(
      'beforeCreate hook "bad" failed: the hook says no',
    );
    expect(names(project.calls("create"))).not.to.include("b");
    project.declare([{ name: "c", hooks: { afterCreate: ["badly"] } }]);
    const halted = project.stack("halted");
    const said = 'afterCreate hook "badly" failed: the hook says no';
    expect(errorsOf(await halted.up())).to.equal(said);
    // what was done is done
    expect(resourceOf(halted.exportState(), "c")?.id).to.equal("id of c");
  });

  it("only warn where their errors are to be ignored", async () => {
    const hooks = { afterCreate: ["bad, ignored"] };
    project.declare([{ name: "d", hooks }]);
    const result = await project.stack("warned").up();
    expect(errorsOf(result)).to.equal("");
    expect(result.diagnostics.map(({ message }) => message)).to.include(
      'afterCreate hook "bad, ignored" failed: the hook says no',
    );
  });

  describe("of errors", () => {
    const wrong = (what: string, of: string) => `${what} of ${of} went wrong`;
    beforeEach(() => {
      project.forget();
      hooked();
    });

    it("have a step tried again as long as one wants it, with all that went wrong so far", async () => {
      const stack = project.stack("again");
      const hooks = { onError: ["no", "again", "never asked"] };
      const inputs = { fail: "create", tries: 2 };
      project.declare([{ name: "e", inputs, hooks }]);
      expect(errorsOf(await stack.up())).to.equal("");
      const once = `create e: ${wrong("create", "e")}`;
      const twice = `${once}, ${wrong("create", "e")}`;
      expect(hooked()).to.deep.equal(
        [once, twice].flatMap((seen) => [`no ${seen}`, `again ${seen}`]),
      );
      expect(project.calls("create")).to.have.length(3);

      const change = { fail: "update", tries: 1, value: 2 };
      project.declare([{ name: "e", inputs: change, hooks }]);
      expect(errorsOf(await stack.up())).to.equal("");
      expect(hooked()).to.have.length(2);
      expect(project.calls("update")).to.have.length(2);
    });

    it("record what the last try came to, once", async () => {
      const stack = project.stack("partial");
      const inputs = { partial: "create", tries: 1 };
      const hooks = { onError: ["again"] };
      project.declare([{ name: "f", inputs, hooks }]);
      expect(errorsOf(await stack.up())).to.equal("");
      const { resources } = stack.exportState()!.deployment;
      const found = resources.filter(({ urn }) => urn.endsWith("::f"));
      expect(found).to.have.length(1);
      expect(found[0]).not.to.have.property("initErrors");
      expect(found[0]!.outputs.made).to.equal("created f");
    });

    it("leave a failure as it is where none wants another try, or fails itself", async () => {
      const hooks = { onError: ["no", "bad"] };
      project.declare([{ name: "g", inputs: { fail: "create" }, hooks }]);
      const result = await project.stack("left").up();
      expect(errorsOf(result)).to.equal(wrong("create", "g"));
      expect(result.diagnostics.map(({ message }) => message)).to.include(
        'onError hook "bad" failed: the hook says no',
      );
      expect(project.calls("create")).to.have.length(1);
    });

    it("end after a hundred tries, and are of deletions too", async () => {
      const hooks = { onError: ["again"] };
      project.declare([{ name: "h", inputs: { fail: "delete" }, hooks }]);
      const stack = project.stack("hundred");
      expect(errorsOf(await stack.up())).to.equal("");
      // the hook is still there when its resource is not
      const other = { name: "i", hooks };
      project.declare([other]);
      expect(errorsOf(await stack.up())).to.equal(wrong("delete", "h"));
      expect(project.calls("delete")).to.have.length(101);
      expect(hooked()).to.have.length(100);
    });
  });
});

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

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("the engine", () => {
  let sandbox: Sandbox;
  let project: PlainProject;
  before(async () => void (sandbox = await Sandbox.create()));
  beforeEach(async () => void (project = await plainProject(sandbox)));
  after(() => sandbox.stop());

  it("previews, makes, leaves alone, changes and removes resources", async () => {
    const stack = project.stack("dev");
    project.declare([
      { name: "a", inputs: { value: 1 } },
      { name: "b", inputs: { from: { $made: "a" } } },
      { name: "c", dependsOn: ["b"] },
    ]);

    const preview = await stack.preview();
    expect(preview.failure).to.equal(undefined);
    expect(preview.summary.create).to.equal(4);
    expect(preview.outputs).to.deep.equal({
      a: undefined,
      b: undefined,
      c: undefined,
    });
    expect(project.calls("create")).to.deep.equal([]);
    const seen = project.calls("check").find(({ name }) => name === "b");
    expect(seen?.inputs?.from).to.equal(UNKNOWN);
    expect(stack.exportState()).to.equal(undefined);

    project.forget();
    const first = await stack.up();
    expect(first.failure).to.equal(undefined);
    expect(first.summary.create).to.equal(4);
    expect(first.outputs).to.include({ a: "created a", b: "created b" });
    expect(names(project.calls("create"))).to.deep.equal(["a", "b", "c"]);
    expect(new Set(project.calls().map(({ pid }) => pid)).size).to.equal(1);
    expect(resourceOf(stack.exportState(), "b")).to.deep.include({
      id: "id of b",
      dependencies: [urnOf("a")],
      propertyDependencies: { from: [urnOf("a")] },
    });

    const second = await stack.up();
    expect(second.summary).to.include({ same: 4, create: 0, update: 0 });

    project.declare([
      { name: "a", inputs: { value: 2 } },
      { name: "b", inputs: { from: { $made: "a" } } },
    ]);
    const begun: EngineEvent[] = [];
    const onEvent = (event: EngineEvent) => void begun.push(event);
    const third = await stack.up({ onEvent });
    expect(third.summary).to.include({ update: 1, same: 2, delete: 1 });
    expect(third.outputs).to.deep.equal({ a: "updated a", b: "created b" });
    expect(begun).to.deep.include({
      type: "begin",
      op: "update",
      resource: {
        urn: urnOf("a"),
        type: "pulumi-nodejs:dynamic:Plain",
        name: "a",
      },
      changed: ["value"],
    });
    expect(resourceOf(stack.exportState(), "c")).to.equal(undefined);

    project.forget();
    const gone = await stack.destroy();
    expect(gone.summary.delete).to.equal(3);
    expect(names(project.calls("delete"))).to.deep.equal(["b", "a"]);
    expect(stack.exportState()?.deployment.resources).to.deep.equal([]);
  });

  it("knows components and what is in them", async () => {
    const stack = project.stack("dev");
    project.declare([
      { name: "group", group: true },
      { name: "a", parent: "group", inputs: { value: 1 } },
    ]);
    const up = await stack.up();
    expect(up.failure).to.equal(undefined);
    const state = stack.exportState();
    expect(resourceOf(state, "group")?.outputs).to.deep.equal({ ready: true });
    expect(resourceOf(state, "a")).to.deep.include({
      urn: urnOf("a", "test:index:Group$pulumi-nodejs:dynamic:Plain"),
      parent: urnOf("group", "test:index:Group"),
    });

    project.declare([]);
    const rest = await stack.up();
    expect(rest.summary).to.include({ delete: 2, same: 1 });
  });

  it("replaces in both orders", async () => {
    const stack = project.stack("dev");
    const declare = (kind: string) =>
      project.declare([
        { name: "a", inputs: { kind } },
        { name: "b", inputs: { kind, deleteFirst: true } },
      ]);
    declare("one");
    await stack.up();
    project.forget();
    declare("two");
    const up = await stack.up({ parallel: 1 });
    expect(up.failure).to.equal(undefined);
    expect(up.summary).to.include({ replace: 2, create: 0, delete: 0 });
    const order = (which: string) =>
      project
        .calls()
        .filter(({ name, method }) => name === which && /e$/.test(method))
        .map(({ method }) => method)
        .filter((method) => method === "create" || method === "delete");
    expect(order("a")).to.deep.equal(["create", "delete"]);
    expect(order("b")).to.deep.equal(["delete", "create"]);
    const { resources } = stack.exportState()!.deployment;
    expect(resources.length).to.equal(3);
    expect(resources.some((each) => each.delete)).to.equal(false);
  });

  it("follows a resource to a new name by its alias", async () => {
    const stack = project.stack("dev");
    project.declare([
      { name: "a" },
      { name: "b", inputs: { from: { $made: "a" } } },
    ]);
    await stack.up();
    project.declare([
      { name: "group", group: true },
      {
        name: "renamed",
        parent: "group",
        aliases: [urnOf("a")],
        ignoreChanges: ["name"],
      },
      { name: "b", inputs: { from: { $made: "renamed" } } },
    ]);
    const up = await stack.up();
    expect(up.failure).to.equal(undefined);
    expect(up.summary).to.include({ same: 3, create: 1, delete: 0 });
    const state = stack.exportState();
    const urn = urnOf(
      "renamed",
      "test:index:Group$pulumi-nodejs:dynamic:Plain",
    );
    expect(resourceOf(state, "renamed")).to.include({ urn, id: "id of a" });
    expect(resourceOf(state, "b")?.dependencies).to.deep.equal([urn]);
  });

  it("keeps what is protected, and lets go of what is to be retained", async () => {
    const stack = project.stack("dev");
    project.declare([
      { name: "guarded", protect: true },
      { name: "kept", retainOnDelete: true },
      { name: "ignoring", ignoreChanges: ["value"], inputs: { value: 1 } },
    ]);
    await stack.up();
    project.forget();

    const refused = await stack.destroy({ parallel: 1 });
    expect(refused.ok).to.equal(false);
    expect(errorsOf(refused)).to.include("it is protected");
    expect(names(project.calls("delete"))).not.to.include("guarded");

    project.declare([
      { name: "guarded" },
      { name: "ignoring", ignoreChanges: ["value"], inputs: { value: 2 } },
    ]);
    const up = await stack.up();
    expect(up.failure).to.equal(undefined);
    expect(names(project.calls("delete"))).not.to.include("kept");
    expect(resourceOf(stack.exportState(), "kept")).to.equal(undefined);
    expect(project.calls("update")).to.deep.equal([]);
    expect((await stack.destroy()).ok).to.equal(true);
  });

  it("passes on what a provider tells of a resource", async () => {
    const urn = urnOf("a");
    const log = [
      { message: "waits for the lock", urn, ephemeral: true },
      { message: "had to wait", urn, ephemeral: false },
    ];
    project.declare([{ name: "a", inputs: { log } }]);
    const told: EngineEvent[] = [];
    const up = await project.stack("dev").up({
      onEvent: (event) => void told.push(event),
    });
    const diagnostics = told.filter(({ type }) => type === "diagnostic");
    expect(diagnostics).to.deep.equal(
      log.map((line) => ({ type: "diagnostic", severity: "info", ...line })),
    );
    expect(up.diagnostics.map(({ message }) => message)).to.deep.equal([
      "had to wait",
    ]);
  });

  it("works on so many resources at a time, and no more", async () => {
    const stack = project.stack("dev");
    const all = ["a", "b", "c", "d", "e"];
    project.declare(all.map((name) => ({ name, inputs: { waitFor: "go" } })));
    let most = 0;
    const running = new Set<string>();
    const up = await stack.up({
      parallel: 2,
      onEvent: (event) => {
        if (event.type !== "begin" && event.type !== "end") return;
        if (event.resource.type !== "pulumi-nodejs:dynamic:Plain") return;
        if (event.type === "end") running.delete(event.resource.urn);
        else running.add(event.resource.urn);
        most = Math.max(most, running.size);
        if (running.size === 2) project.release("go");
      },
    });
    expect(up.failure).to.equal(undefined);
    expect(most).to.equal(2);
    expect(project.calls("create").length).to.equal(5);
  });
});

import { Alias } from "@pulumi/pulumi/proto/alias_pb";
import { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { expect } from "chai";
import { aliasesOf, formerUrns } from "../../engine/aliases";
import { Sandbox } from "../support/sandbox";
import { errorsOf, plainProject, type PlainProject } from "./plain-project";

const here = { stack: "dev", project: "test" };
const urn = (type: string, name: string) =>
  `urn:pulumi:dev::test::${type}::${name}`;

describe("what a resource was before", () => {
  const parent = urn("test:index:Group", "group");
  const resource = { type: "a:b:C", name: "c", parent };
  const spec = () => new Alias.Spec();
  const rows: [string, Alias, string][] = [
    ["a URN", new Alias().setUrn("urn:x"), "urn:x"],
    [
      "another name",
      new Alias().setSpec(spec().setName("old")),
      urn("test:index:Group$a:b:C", "old"),
    ],
    [
      "another type",
      new Alias().setSpec(spec().setType("a:b:Old")),
      urn("test:index:Group$a:b:Old", "c"),
    ],
    [
      "of another stack and project",
      new Alias().setSpec(spec().setStack("prod").setProject("site")),
      "urn:pulumi:prod::site::test:index:Group$a:b:C::c",
    ],
    [
      "with another parent",
      new Alias().setSpec(spec().setParenturn(urn("test:index:Old", "old"))),
      urn("test:index:Old$a:b:C", "c"),
    ],
    [
      "without a parent",
      new Alias().setSpec(spec().setNoparent(true)),
      urn("a:b:C", "c"),
    ],
  ];
  for (const [what, alias, expected] of rows)
    it(`is ${what}`, () => {
      const request = new RegisterResourceRequest().setAliasesList([alias]);
      const asked = { ...resource, aliases: aliasesOf(request) };
      expect(formerUrns(asked, here, undefined)).to.deep.equal([expected]);
    });

  it("is below what its parent was, by name as well if it is called after it", () => {
    const former = urn("test:index:Group", "old");
    const child = { ...resource, name: "group-c", aliases: [{ name: "d" }] };
    expect(formerUrns(child, here, former)).to.deep.equal([
      urn("test:index:Group$a:b:C", "d"),
      urn("test:index:Group$a:b:C", "old-c"),
    ]);
    const moved = urn("other:index:Group", "old");
    expect(formerUrns(child, here, moved)).to.deep.equal([
      urn("test:index:Group$a:b:C", "d"),
      urn("other:index:Group$a:b:C", "old-c"),
      urn("other:index:Group$a:b:C", "d"),
    ]);
  });
});

describe("aliases", () => {
  let sandbox: Sandbox;
  let project: PlainProject;
  before(async () => {
    sandbox = await Sandbox.create();
    project = await plainProject(sandbox);
  });
  after(() => sandbox.stop());

  it("keep what is renamed, re-parented, or below what is renamed", async () => {
    const stack = project.stack("dev");
    project.declare([
      { name: "group", group: true },
      { name: "group-child", parent: "group" },
      { name: "a" },
      { name: "b", parent: "group" },
    ]);
    expect(errorsOf(await stack.up())).to.equal("");
    project.forget();
    project.declare([
      { name: "team", group: true, aliases: [{ name: "group" }] },
      { name: "team-child", parent: "team" },
      { name: "c", parent: "team", aliases: [{ name: "a", parent: null }] },
      { name: "b", aliases: [{ parent: "team" }] },
    ]);
    const result = await stack.up();
    expect(errorsOf(result)).to.equal("");
    expect(result.summary).to.deep.include({ create: 0, delete: 0 });
    const urns = stack.exportState()!.deployment.resources.map((r) => r.urn);
    const below = "test:index:Group$pulumi-nodejs:dynamic:Plain";
    expect(urns).to.include.members([
      ...["team-child", "c"].map((name) => urn(below, name)),
      urn("pulumi-nodejs:dynamic:Plain", "b"),
    ]);
  });

  it("belong to one resource each", async () => {
    const stack = project.stack("twice");
    project.declare([{ name: "a" }]);
    expect(errorsOf(await stack.up())).to.equal("");
    project.declare([{ name: "a" }, { name: "b", aliases: [{ name: "a" }] }]);
    expect(errorsOf(await stack.up({ parallel: 1 }))).to.match(
      /alias|Duplicate/,
    );
  });
});

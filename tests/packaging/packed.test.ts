import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { tarball } from "../support/project";

// What the state of every user's stack relies on, and what Pulumi's own tools look for.
describe("the packed package", () => {
  let file: string;
  let manifest: Record<string, unknown>;
  before(async () => {
    file = await tarball();
    const text = execFileSync("tar", ["-xzOf", file, "package/package.json"]);
    manifest = JSON.parse(text.toString()) as Record<string, unknown>;
  });

  it("lets programs and states load what they name, and nothing else", () => {
    expect(Object.keys(manifest.exports as object)).to.deep.equal([
      ...[".", "./provider", "./package.json"],
    ]);
  });

  it("is no plugin that Pulumi would download, and brings no second SDK", () => {
    expect(manifest.pulumi).to.deep.equal({ resource: false });
    expect(manifest.peerDependencies).to.have.property("@pulumi/pulumi");
    expect(manifest.dependencies).not.to.have.property("@pulumi/pulumi");
  });

  it("has what is run, with its types, and no tests, engine or sources", () => {
    const list = execFileSync("tar", ["-tzf", file], { encoding: "utf8" });
    const names = list
      .trim()
      .split("\n")
      .map((name) => name.replace(/^package\//, ""));
    const { main, types, bin, exports } = manifest as {
      main: string;
      types: string;
      bin: Record<string, string>;
      exports: Record<string, string | Record<string, string>>;
    };
    const wanted = [main, types, ...Object.values(bin)].concat(
      Object.values(exports).flatMap((each) =>
        typeof each === "string" ? [each] : Object.values(each),
      ),
    );
    expect(names).to.include.members(
      wanted.map((name) => name.replace(/^\.\//, "")),
    );
    const others = names.filter(
      (name) =>
        !/^dist\/(sdk|provider|core|cli)\/.+(\.js|\.d\.ts)$/.test(name) &&
        !/^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(name),
    );
    expect(others).to.deep.equal([]);
  });
});

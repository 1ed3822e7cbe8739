import { expect } from "chai";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import path from "node:path";
import { readProject } from "../../engine/project";
import { Sandbox } from "../support/sandbox";

describe("a project", () => {
  let sandbox: Sandbox;
  before(async () => void (sandbox = await Sandbox.create()));
  after(() => sandbox.stop());

  async function projectOf(yaml: string): Promise<string> {
    const dir = await mkdtemp(path.join(sandbox.dir, "project-"));
    await mkdir(path.join(dir, "src"));
    await writeFile(path.join(dir, "Pulumi.yaml"), yaml);
    return dir;
  }

  it("is found by a relative path too, and runs where its program is", async () => {
    const dir = await projectOf("name: p\nruntime: nodejs\nmain: src\n");
    const project = readProject(path.relative(process.cwd(), dir));
    expect(project).to.deep.include({
      name: "p",
      dir,
      programDir: path.join(dir, "src"),
      entry: ".",
      typescript: true,
    });
  });

  it("may name a file, and say that it needs no compiler", async () => {
    const dir = await projectOf(
      "name: p\nmain: src/start.js\nruntime:\n  name: nodejs\n  options: { typescript: false }\n",
    );
    expect(readProject(dir)).to.deep.include({
      programDir: path.join(dir, "src"),
      entry: "start.js",
      typescript: false,
    });
  });

  it("is refused when it asks for what the engine does not do", async () => {
    const config = await projectOf(
      "name: p\nruntime: nodejs\nconfig:\n  key: value\n",
    );
    expect(() => readProject(config)).to.throw(
      "defaults of stack config are not supported by this engine",
    );
    const python = await projectOf("name: p\nruntime: python\n");
    expect(() => readProject(python)).to.throw("runtime");
    expect(() => readProject(sandbox.dir)).to.throw("no project found");
  });
});

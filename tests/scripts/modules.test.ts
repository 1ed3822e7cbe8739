import { expect } from "chai";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { Sandbox } from "../support/sandbox";

const ROOT = path.resolve(__dirname, "../..");
const COUNT = 30;

describe("modules that are kept as compiled", () => {
  let sandbox: Sandbox;
  let dir: string;
  const file = (name: string) => path.join(dir, name);
  const write = (name: string, text: string) => {
    fs.mkdirSync(path.dirname(file(name)), { recursive: true });
    fs.writeFileSync(file(name), text);
  };

  before(async () => {
    sandbox = await Sandbox.create();
    dir = fs.realpathSync(sandbox.dir);
    const scripts = "scripts/modules";
    fs.cpSync(path.join(ROOT, scripts), file(scripts), { recursive: true });
    for (let i = 0; i < COUNT; i++)
      write(`node_modules/p/${i}.js`, `module.exports = ${i};\n`);
    const all = Array.from({ length: COUNT }, (_, i) => `require("./${i}")`);
    write("node_modules/p/index.js", `exports.sum = ${all.join(" + ")};\n`);
    write("dist/ours.js", 'exports.says = "ours";\n');
    write(
      "main.js",
      `const { sum } = require("p");
const { says } = require("./dist/ours");
console.log(sum, says, require.main === module, module.children.length);
`,
    );
  });
  after(() => sandbox.stop());

  const run = () =>
    execFileSync(
      process.execPath,
      ["--require", file("scripts/modules/load.js"), file("main.js")],
      { encoding: "utf8", stdio: "pipe" },
    ).trim();

  const packs = () =>
    fs.readdirSync(file(".setup/modules")).map((name) => {
      const { ino } = fs.statSync(file(`.setup/modules/${name}`));
      return { name, ino };
    });

  const sum = (COUNT * (COUNT - 1)) / 2;

  it("do what they did, and are written once", () => {
    expect(run()).to.equal(`${sum} ours true 2`);
    const written = packs();
    expect(written).to.have.length(1);
    expect(run()).to.equal(`${sum} ours true 2`);
    expect(packs()).to.deep.equal(written);
  });

  it("are others when their text is another one, however long", () => {
    write("node_modules/p/7.js", "module.exports = 1007;\n");
    write("dist/ours.js", 'exports.says = "OURS";\n');
    expect(run()).to.equal(`${sum + 1000} OURS true 2`);
    write("node_modules/p/7.js", "module.exports = 7;\n");
    write("dist/ours.js", 'exports.says = "ours";\n');
    expect(run()).to.equal(`${sum} ours true 2`);
  });

  it("fail as Node lets them fail", () => {
    write("dist/ours.js", 'exports.says = null; throw new Error("no");\n');
    expect(run).to.throw(`${file("dist/ours.js")}:1:28`);
    write("dist/ours.js", "exports.says = ;\n");
    expect(run).to.throw(`SyntaxError: Unexpected token ';'`);
    write("dist/ours.js", 'exports.says = "ours";\n');
    fs.rmSync(file("node_modules/p/7.js"));
    expect(run).to.throw(/Cannot find module|no such file/);
    write("node_modules/p/7.js", "module.exports = 7;\n");
    fs.writeFileSync(file(`.setup/modules/${packs()[0]!.name}`), "not a pack");
    expect(run()).to.equal(`${sum} ours true 2`);
  });
});

import { expect } from "chai";
import path from "node:path";
import ts from "typescript";
import { blocks, type Block } from "./pages";

const ROOT = path.join(__dirname, "../..");
const SDK = process.env.LOCKED_ACTION_DIST
  ? path.join(process.env.LOCKED_ACTION_DIST, "sdk/index.d.ts")
  : path.join(ROOT, "sdk/index.ts");

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Node10,
  ignoreDeprecations: "5.0",
  esModuleInterop: true,
  types: ["node"],
  baseUrl: ROOT,
  paths: { "pulumi-locked-action": [SDK] },
};

/** A block without imports shows inputs of a resource, one after another: each is one by itself. */
function programOf({ text }: Block): string {
  if (/^import /m.test(text)) return text;
  const parts = text.replaceAll("{ … }", "{}").split(/^(?=\w+: )/m);
  const each = parts.map(
    (part, i) => `export const part${i}: Partial<Inputs> = {\n${part}};\n`,
  );
  return `import type * as own from "pulumi-locked-action";
type Inputs = { [K in keyof typeof own]: typeof own[K] extends new (name: string, args: infer A) => unknown ? A : never }[keyof typeof own];
${each.join("")}`;
}

describe("the programs in README and docs", () => {
  const programs = blocks("ts");
  let problems: Map<string, string[]>;

  before(() => {
    const files = new Map(
      programs.map((block, i) => [
        path.join(ROOT, "docs", `block-${i}.ts`),
        programOf(block),
      ]),
    );
    const host = ts.createCompilerHost(OPTIONS);
    const { fileExists, readFile, getSourceFile } = host;
    host.fileExists = (file) => files.has(file) || fileExists(file);
    host.readFile = (file) => files.get(file) ?? readFile(file);
    host.getSourceFile = (file, version) => {
      const text = files.get(file);
      return text === undefined
        ? getSourceFile(file, version)
        : ts.createSourceFile(file, text, version);
    };
    const program = ts.createProgram([...files.keys()], OPTIONS, host);
    problems = new Map(
      [...files.keys()].map((file, i) => [
        programs[i]!.where,
        ts
          .getPreEmitDiagnostics(program, program.getSourceFile(file))
          .map(({ messageText }) =>
            ts.flattenDiagnosticMessageText(messageText, "\n"),
          ),
      ]),
    );
  });

  for (const { where } of programs)
    it(`${where} is type-checked against the package`, () => {
      expect(problems.get(where)).to.deep.equal([]);
    });

  it("are looked for where they are", () => {
    expect(programs.length).to.be.greaterThan(5);
  });
});

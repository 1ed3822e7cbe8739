import { expect } from "chai";
import path from "node:path";
import ts from "typescript";

const ROOT = path.join(__dirname, "../..");
const RIGHT = path.join(__dirname, "fixtures/right.ts");

/** Each must be refused, with a message about what is wrong with it. */
const WRONG: [what: string, args: string, message: RegExp][] = [
  ["no lock", `{ connection, action }`, /'lock' is missing/],
  [
    "no name of a lock",
    `{ connection, action, lock: {} }`,
    /'\{\}' is not assignable/,
  ],
  [
    "a command and a service",
    `{ connection, lock, action: { command: "a", service: "b" } }`,
    /not assignable/,
  ],
  [
    "stdin for a service",
    `{ connection, lock, action: { service: "b", stdin: "x" } }`,
    /not assignable/,
  ],
  [
    "an unknown perform",
    `{ connection, lock, action: { service: "b", perform: "kick" } }`,
    /"kick"' is not assignable/,
  ],
  [
    "a mistyped input",
    `{ connection, lock, action, trigger: [1] }`,
    /'trigger' does not exist/,
  ],
  [
    "a mistyped part of the lock",
    `{ connection, action, lock: { name: "x", maxHolder: 2 } }`,
    /'maxHolder' does not exist/,
  ],
  [
    "two ways to name a process",
    `{ connection, lock, action, process: { unit: "a", pidFile: "/b" } }`,
    /not assignable/,
  ],
  [
    "a health check without a command",
    `{ connection, lock, action, health: { timeout: 3 } }`,
    /'command' is missing/,
  ],
  [
    "a duration as text",
    `{ connection, lock, action: { command: "a", timeout: "3 s" } }`,
    /'string' is not assignable/,
  ],
];

const wrongProgram = (args: string) => `
import { LockedAction, type ConnectionArgs, type LockArgs } from "pulumi-locked-action";
declare const connection: ConnectionArgs;
declare const lock: LockArgs;
const action = { command: "true" };
new LockedAction("wrong", ${args});
`;

/** What the compiler says to these programs, by file. */
function complaints(programs: Map<string, string>): Map<string, string> {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    exactOptionalPropertyTypes: false,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    types: [],
    paths: { "pulumi-locked-action": [path.join(ROOT, "sdk/index.ts")] },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (file) => programs.has(file) || fileExists(file);
  host.readFile = (file) => programs.get(file) ?? readFile(file);
  host.getSourceFile = (file, version, ...rest) => {
    const text = programs.get(file);
    return text === undefined
      ? getSourceFile(file, version, ...rest)
      : ts.createSourceFile(file, text, version);
  };
  const program = ts.createProgram([...programs.keys()], options, host);
  const said = new Map([...programs.keys()].map((file) => [file, ""]));
  for (const found of ts.getPreEmitDiagnostics(program)) {
    const file = found.file?.fileName ?? "";
    const text = ts.flattenDiagnosticMessageText(found.messageText, "\n");
    said.set(file, `${said.get(file) ?? ""}${text}\n`);
  }
  return said;
}

describe("the types of LockedAction", () => {
  const fileOf = (i: number) => path.join(__dirname, `fixtures/wrong${i}.ts`);
  let said: Map<string, string>;
  before(() => {
    const programs = new Map([[RIGHT, ts.sys.readFile(RIGHT)!]]);
    WRONG.forEach(([, args], i) => programs.set(fileOf(i), wrongProgram(args)));
    said = complaints(programs);
  });

  it("take every right way of saying it, and tell the types of the outputs", () => {
    expect(said.get(RIGHT)).to.equal("");
  });

  WRONG.forEach(([what, , message], i) =>
    it(`refuse ${what}`, () => {
      expect(said.get(fileOf(i))).to.match(message);
    }),
  );

  it("refuse nothing elsewhere", () => {
    const files = [RIGHT, ...WRONG.map((_, i) => fileOf(i))];
    expect([...said.keys()].filter((file) => !files.includes(file)))
      .to.deep //
      .equal([]);
  });
});

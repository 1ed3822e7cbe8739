import { execFile } from "node:child_process";
import {
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  symlink,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { LocalStack, type StackOptions } from "../../engine";
import { Sandbox } from "./sandbox";

const run = promisify(execFile);
const ROOT = path.resolve(__dirname, "../..");
const MODULES = path.join(ROOT, "node_modules");
const PACKAGE = "pulumi-locked-action";
/** Where who runs all the tests has packed it. */
const PACKED = process.env.LOCKED_ACTION_PACKED;

/** Node's option: the SDK's start takes a third of its time. */
export const LATE_MODULES = `--require ${JSON.stringify(path.join(__dirname, "late-modules.cjs"))}`;

export interface ProjectOptions {
  /** Text of the program. */
  program: string;
  /** Default "index.js" if the program has no `import`, else "index.ts". */
  file?: string;
  /** Default "test". */
  name?: string;
  /** Puts our package into its node_modules, as `npm install` would. */
  withPackage?: boolean;
  /** Pulumi's SDK loads at its start all that it loads for a user: for who takes the time. */
  wholeSdk?: boolean;
}

export type StackSettings = Partial<Omit<StackOptions, "projectDir" | "stack">>;

export interface TestProject {
  dir: string;
  name: string;
  /** For the processes that an engine starts. */
  env: Record<string, string>;
  /** The state is in `DIR/NAME.state.json`. */
  stack(name: string, settings?: StackSettings): LocalStack;
  /** Writes a file of the project: another text of its program, say. */
  write(file: string, text: string): Promise<void>;
}

/** A Pulumi project of its own directory, with node_modules that resolve as a user's do. */
export async function makeProject(
  sandbox: Sandbox,
  options: ProjectOptions,
): Promise<TestProject> {
  const { program, name = "test", withPackage = false } = options;
  const env: Record<string, string> = {
    ...sandbox.env,
    PULUMI_NODEJS_TRANSPILE_ONLY: "true", // half a second less; tsc checks elsewhere
    ...(options.wholeSdk ? {} : { NODE_OPTIONS: LATE_MODULES }),
  };
  const typescript = /^import /m.test(program);
  const file = options.file ?? (typescript ? "index.ts" : "index.js");
  const dir = await mkdtemp(path.join(sandbox.dir, `${name}-`));
  const write = (to: string, text: string) =>
    writeFile(path.join(dir, to), text);
  await write("Pulumi.yaml", pulumiYaml(name, file.endsWith(".ts")));
  await write("package.json", JSON.stringify({ name, main: file }));
  if (file.endsWith(".ts")) await write("tsconfig.json", TSCONFIG);
  await write(file, program);
  await linkModules(path.join(dir, "node_modules"));
  if (withPackage) await extractPackage(path.join(dir, "node_modules"));
  const stack = (stackName: string, settings: StackSettings = {}) =>
    new LocalStack({
      stateFile: path.join(dir, `${stackName}.state.json`),
      passphrase: "of the tests",
      ...settings,
      projectDir: dir,
      stack: stackName,
      env: { ...env, ...settings.env },
    });
  return { dir, name, env, stack, write };
}

const pulumiYaml = (name: string, typescript: boolean) =>
  `name: ${name}
runtime:
  name: nodejs
  options:
    typescript: ${typescript}
`;

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    target: "ES2022",
    module: "node16",
    moduleResolution: "node16",
    esModuleInterop: true,
    strict: true,
  },
});

/** One link for each package, not one for all: the project has to be able to have its own beside them. */
async function linkModules(to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(MODULES)) {
    if (entry.startsWith(".") || entry === PACKAGE) continue;
    const from = path.join(MODULES, entry);
    if (!entry.startsWith("@")) {
      await symlink(from, path.join(to, entry));
      continue;
    }
    await mkdir(path.join(to, entry));
    for (const scoped of await readdir(from))
      await symlink(path.join(from, scoped), path.join(to, entry, scoped));
  }
}

async function extractPackage(modules: string): Promise<void> {
  const to = path.join(modules, PACKAGE);
  await mkdir(to);
  if (PACKED) await run("cp", ["-a", `${PACKED}/package/.`, to]);
  else {
    const options = ["-C", to, "--strip-components=1"];
    await run("tar", ["-xzf", await tarball(), ...options]);
  }
}

let packed: Promise<string> | undefined;

/** Our package as npm would publish it: built and packed once in a run of the tests. */
export function tarball(): Promise<string> {
  return (packed ??= PACKED ? tarballIn(PACKED) : pack());
}

async function tarballIn(dir: string): Promise<string> {
  const [name] = (await readdir(dir)).filter((file) => file.endsWith(".tgz"));
  if (!name) throw new Error("npm pack made no tarball");
  return path.join(dir, name);
}

// Built where nobody else builds: tests may run beside each other.
async function pack(): Promise<string> {
  const { dir } = await Sandbox.create(); // gone when this process is
  const stage = path.join(dir, "package");
  await mkdir(stage);
  for (const file of ["package.json", "README.md", "CHANGELOG.md", "LICENSE"])
    await copyFile(path.join(ROOT, file), path.join(stage, file));
  const built = process.env.LOCKED_ACTION_DIST; // by who runs all the tests
  if (built) await cp(built, `${stage}/dist`, { recursive: true });
  else await compile(`${stage}/dist`);
  const pack = ["pack", "--ignore-scripts", "--pack-destination", dir];
  await run("npm", pack, { cwd: stage });
  return tarballIn(dir);
}

async function compile(to: string): Promise<void> {
  const tsc = path.join(MODULES, "typescript/bin/tsc");
  const options = ["-p", "tsconfig.build.json", "--outDir", to];
  await run(process.execPath, [tsc, ...options], { cwd: ROOT });
}

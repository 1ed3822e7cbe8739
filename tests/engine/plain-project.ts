import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { OperationResult, State } from "../../engine";
import { makeProject, type TestProject } from "../support/project";
import type { Sandbox } from "../support/sandbox";

/** What the program declares: a resource, a group of them, or something it does. */
export interface Declared {
  name?: string;
  group?: boolean;
  inputs?: Record<string, unknown>;
  parent?: string;
  dependsOn?: string[];
  throw?: string;
  print?: string;
  [option: string]: unknown;
}

export interface Call {
  method: string;
  name: string;
  pid: number;
  shown?: string;
  inputs?: Record<string, unknown>;
  olds?: Record<string, unknown>;
}

/** A project whose program and provider do what a test tells them to. */
export interface PlainProject extends TestProject {
  declare(resources: Declared[]): void;
  /** What the provider was called with since the last call of `forget`. */
  calls(method?: string): Call[];
  forget(): void;
  /** Lets go on what waits for a file. */
  release(file: string): void;
}

export async function plainProject(sandbox: Sandbox): Promise<PlainProject> {
  const fixture = (file: string) =>
    readFile(path.join(__dirname, "fixtures", file), "utf8");
  const program = await fixture("program.js");
  const project = await makeProject(sandbox, { program, file: "index.js" });
  await project.write("provider.js", await fixture("provider.js"));
  const at = (file: string) => path.join(project.dir, file);
  return {
    ...project,
    declare: (resources) =>
      writeFileSync(at("resources.json"), JSON.stringify(resources)),
    calls(method) {
      if (!existsSync(at("calls.log"))) return [];
      const lines = readFileSync(at("calls.log"), "utf8").trim().split("\n");
      const calls = lines.map((line) => JSON.parse(line) as Call);
      return method ? calls.filter((call) => call.method === method) : calls;
    },
    forget: () => rmSync(at("calls.log"), { force: true }),
    release: (file) => writeFileSync(at(file), ""),
  };
}

export const urnOf = (name: string, type = "pulumi-nodejs:dynamic:Plain") =>
  `urn:pulumi:dev::test::${type}::${name}`;

export const names = (calls: Call[]) => calls.map(({ name }) => name);

/** The recorded resource, by its name. */
export function resourceOf(state: State | undefined, name: string) {
  return state?.deployment.resources.find(({ urn }) =>
    urn.endsWith(`::${name}`),
  );
}

export function errorsOf({ diagnostics }: OperationResult): string {
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ message }) => message)
    .join("\n");
}

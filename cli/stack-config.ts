import fs from "node:fs";
import path from "node:path";
import { usage } from "./errors";
import { readFlatMap } from "./yaml";

export interface StackConfig {
  file: string;
  config: Record<string, string>;
}

/**
 * `locked-action:*` of the stack's config file in the Pulumi project at or
 * above `directory`; null if there is no project or no stack, and none was asked for.
 * @throws CommandError if several stacks are there and none is named
 */
export function readStackConfig(
  directory: string,
  stack: string | undefined,
): StackConfig | null {
  const project = findProject(directory);
  if (!project) {
    if (stack === undefined) return null;
    throw usage(
      `--stack ${stack}: no Pulumi.yaml in ${directory} or above`,
      "run it in the project's directory, or give --servers",
    );
  }
  const file = stackFile(project, stack);
  if (!file) return null;
  const config = readFlatMap(fs.readFileSync(file, "utf8"), "config");
  const ours = Object.entries(config).filter(([key]) =>
    key.startsWith("locked-action:"),
  );
  const values = ours.map(([key, value]) => {
    if (value === null && key !== "locked-action:zookeeperAuth")
      throw usage(`${file}: ${key}: expected one plain line of text`);
    return [key, value ?? ""]; // an encrypted one is for Pulumi alone
  });
  return { file, config: Object.fromEntries(values) as Record<string, string> };
}

function findProject(directory: string): string | null {
  for (let at = path.resolve(directory); ; at = path.dirname(at)) {
    const names = ["Pulumi.yaml", "Pulumi.yml"];
    if (names.some((name) => fs.existsSync(path.join(at, name)))) return at;
    if (path.dirname(at) === at) return null;
  }
}

function stackFile(project: string, stack: string | undefined): string | null {
  const stacks = fs
    .readdirSync(project)
    .map((name) => /^Pulumi\.(.+)\.ya?ml$/.exec(name))
    .filter((match) => match !== null);
  const names = stacks.map(([, name]) => name!).sort();
  // a full name, organization/project/stack, is kept in a file of its last part
  const wanted = stack?.split("/").at(-1);
  const found = stacks.find(([, name]) => name === (wanted ?? names[0]));
  if (wanted === undefined && names.length > 1)
    throw usage(
      `several stacks are in ${project}: ${names.join(", ")}`,
      `name one: --stack ${names[0]}`,
    );
  if (wanted !== undefined && !found)
    throw usage(
      `--stack ${stack}: there is no Pulumi.${wanted}.yaml in ${project}`,
      `there are: ${names.join(", ") || "none"}`,
    );
  return found ? path.join(project, found[0]) : null;
}

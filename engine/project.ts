import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { z } from "zod";

const definition = z.object({
  name: z.string(),
  main: z.string().optional(),
  config: z
    .undefined("defaults of stack config are not supported by this engine")
    .optional(),
  runtime: z.union([
    z.literal("nodejs"),
    z.object({
      name: z.literal("nodejs"),
      options: z
        .strictObject({
          typescript: z.boolean().optional(),
          packagemanager: z.string().optional(),
        })
        .optional(),
    }),
  ]),
});

/** A Pulumi project, as its Pulumi.yaml describes it. */
export interface Project {
  name: string;
  /** Where Pulumi.yaml is. */
  dir: string;
  /** Where the program runs. */
  programDir: string;
  /** The program, as seen from there; "." lets package.json decide. */
  entry: string;
  typescript: boolean;
  /** Finds a file of the project's own SDK, or of ours if it has none. */
  sdk: (file: string) => string;
}

export function readProject(projectDir: string): Project {
  const dir = path.resolve(projectDir);
  const file = path.join(dir, "Pulumi.yaml");
  if (!existsSync(file))
    throw new Error(`no project found: ${file} is missing`);
  const sdk = sdkOf(dir);
  // The SDK needs a YAML parser too, so wherever it is, there is one.
  const yaml = createRequire(sdk("package.json"))("js-yaml") as {
    load(text: string): unknown;
  };
  const parsed = definition.safeParse(yaml.load(readFileSync(file, "utf8")));
  if (!parsed.success)
    throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  const { name, main, runtime } = parsed.data;
  const options = typeof runtime === "string" ? undefined : runtime.options;
  return {
    name,
    dir,
    ...program(dir, main),
    typescript: options?.typescript ?? true,
    sdk,
  };
}

function program(dir: string, main: string | undefined) {
  if (main === undefined) return { programDir: dir, entry: "." };
  const full = path.resolve(dir, main);
  if (existsSync(full) && statSync(full).isDirectory())
    return { programDir: full, entry: "." };
  return { programDir: path.dirname(full), entry: path.basename(full) };
}

function sdkOf(dir: string): Project["sdk"] {
  const theirs = createRequire(path.join(dir, "Pulumi.yaml"));
  return (file) => {
    const name = `@pulumi/pulumi/${file}`;
    try {
      return theirs.resolve(name);
    } catch {
      return require.resolve(name);
    }
  };
}

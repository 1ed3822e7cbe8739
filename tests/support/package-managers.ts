import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { Sandbox } from "./sandbox";

const run = promisify(execFile);
const ROOT = path.resolve(__dirname, "../..");
/** What is fetched once and kept: the managers, and their caches. */
const HOME = path.join(ROOT, ".setup/package-managers");
const CACHE = path.join(HOME, "cache");
const { devDependencies } = JSON.parse(
  readFileSync(path.join(ROOT, "package.json"), "utf8"),
) as { devDependencies: Record<string, string> };
const SDK = devDependencies["@pulumi/pulumi"]!;
/** The member of the workspace that has the program. */
const MEMBER = "infra";

export interface PackageManager {
  /** As in npm's registry, with its version; none: the npm of this machine. */
  package?: string;
  /** Below `node_modules`. */
  script?: string;
  install: string[];
  /** More files of a workspace's root. */
  files?: Record<string, string>;
  /** Nobody finds a module without it. */
  preload?: string;
}

const berry = (settings: string): PackageManager => ({
  package: "@yarnpkg/cli-dist@4",
  script: "@yarnpkg/cli-dist/bin/yarn.js",
  install: ["install"],
  files: {
    "yarn.lock": "",
    ".yarnrc.yml": `enableTelemetry: false
enableScripts: false
enableImmutableInstalls: false
globalFolder: ${CACHE}/berry
${settings}`,
  },
});

/** The lines that the documentation tells users to write. */
function leave(): string {
  const page = readFileSync(path.join(ROOT, "docs/limits.md"), "utf8");
  return /```yaml\n([^]*?)```/.exec(page)![1]!;
}

export const PACKAGE_MANAGERS: Record<string, PackageManager> = {
  npm: {
    install: [
      ...["install", "--prefer-offline", "--ignore-scripts"],
      ...["--no-audit", "--no-fund"],
    ],
  },
  pnpm: {
    package: "pnpm@12",
    script: "pnpm/bin/pnpm.mjs",
    install: [
      ...["install", "--prefer-offline", "--ignore-scripts"],
      ...["--no-frozen-lockfile", "--store-dir", `${CACHE}/pnpm`],
    ],
    files: { "pnpm-workspace.yaml": `packages:\n  - ${MEMBER}\n` },
  },
  "yarn 1": {
    package: "yarn@1",
    script: "yarn/bin/yarn.js",
    install: [
      ...["install", "--prefer-offline", "--ignore-scripts"],
      ...["--non-interactive", "--cache-folder", `${CACHE}/yarn`],
    ],
  },
  "yarn, node_modules": berry("nodeLinker: node-modules\n"),
  "yarn, Plug'n'Play": {
    ...berry(`nodeLinker: pnp\n${leave()}`),
    preload: ".pnp.cjs",
  },
};

/** A workspace without any package. */
export async function openWorkspace(
  sandbox: Sandbox,
  name: string,
): Promise<Workspace> {
  const manager = PACKAGE_MANAGERS[name]!;
  const dir = await mkdtemp(path.join(sandbox.dir, "workspace-"));
  await mkdir(path.join(dir, MEMBER));
  const root = { name: "work", private: true, workspaces: [MEMBER] };
  await writeFile(path.join(dir, "package.json"), JSON.stringify(root));
  for (const [file, text] of Object.entries(manager.files ?? {}))
    await writeFile(path.join(dir, file), text);
  return new Workspace(manager, dir);
}

export class Workspace {
  constructor(
    readonly manager: PackageManager,
    readonly dir: string,
  ) {}

  get member(): string {
    return path.join(this.dir, MEMBER);
  }

  /** Installs Pulumi's SDK and these, by name, as dependencies of the member and of nothing else. */
  async install(dependencies: Record<string, string>): Promise<void> {
    const file = path.join(this.member, "package.json");
    await writeFile(file, member(dependencies));
    await install(this.manager, this.dir);
  }
}

const member = (more: Record<string, string>) =>
  JSON.stringify({
    ...{ name: MEMBER, version: "1.0.0", private: true, main: "index.js" },
    dependencies: { "@pulumi/pulumi": SDK, ...more },
  });

async function install(manager: PackageManager, cwd: string): Promise<void> {
  const [command, args] = await commandOf(manager);
  try {
    await run(command, [...args, ...manager.install], { cwd });
  } catch (error) {
    const { stdout, stderr, message } = error as Record<string, string>;
    throw new Error([message, stdout, stderr].join("\n"), { cause: error });
  }
}

async function commandOf({ package: name, script }: PackageManager) {
  if (!name || !script) return ["npm", [] as string[]] as const;
  const key = name.replace(/\W+/g, "-");
  const dir = await once(path.join(HOME, key), async (to) => {
    await writeFile(path.join(to, "package.json"), "{}");
    const npm = ["install", "--prefer-offline", "--no-audit", "--no-fund"];
    await run("npm", [...npm, "--ignore-scripts", name], { cwd: to });
  });
  return [process.execPath, [path.join(dir, "node_modules", script)]] as const;
}

/** A directory that is made once on a machine, whoever else makes it at the same time. */
async function once(
  dir: string,
  make: (dir: string) => Promise<void>,
): Promise<string> {
  if (existsSync(dir)) return dir;
  await mkdir(HOME, { recursive: true });
  const made = await mkdtemp(path.join(HOME, ".new-"));
  await make(made);
  await rename(made, dir).catch((error: unknown) => {
    if (!existsSync(dir)) throw error;
  });
  return dir;
}

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import type { EngineEvent, OperationResult, State } from "../../engine";
import type { TestProject } from "./project";
import { TYPESCRIPT } from "./typescript";

export type { EngineEvent, OperationResult, State };

export interface OperationOptions {
  parallel?: number;
  target?: string[];
  onEvent?: (event: EngineEvent) => void;
  /** Aborted: the first Ctrl-C. */
  signal?: AbortSignal;
}

export type ConfigValue = string | { secret: string };

export interface StackSettings {
  config: Record<string, ConfigValue>;
  /** For the processes that the engine starts. */
  env?: Record<string, string>;
}

/** A stack, on whatever engine runs it. Tests are written once against this. */
export interface Stack {
  /** For people. */
  readonly engine: string;
  setConfig(key: string, value: ConfigValue): Promise<void>;
  preview(options?: OperationOptions): Promise<OperationResult>;
  up(options?: OperationOptions): Promise<OperationResult>;
  refresh(options?: OperationOptions): Promise<OperationResult>;
  destroy(options?: OperationOptions): Promise<OperationResult>;
  /** `up` as a process of its own, that can be signalled. */
  startUp(): ChildProcess;
  outputs(): Record<string, unknown>;
  state(): Promise<State>;
}

/** Secrets of test stacks are encrypted with it. */
export const PASSPHRASE = "of the tests";

/**
 * `pulumi` if that is asked for by ENGINE=pulumi, or there and not refused by
 * ENGINE=local; else our own engine.
 */
export function chosenEngine(): "pulumi" | "local" {
  const { ENGINE } = process.env;
  if (ENGINE === "pulumi" || ENGINE === "local") return ENGINE;
  return "local";
}

/** The version of the `pulumi` on the PATH, or null. */
export function pulumiVersion(): string | null {
  const { status, stdout } = spawnSync("pulumi", ["version"], {
    encoding: "utf8",
  });
  return status === 0 ? stdout.trim() : null;
}

export async function openStack(
  project: TestProject,
  name: string,
  settings: StackSettings,
  engine = chosenEngine(),
): Promise<Stack> {
  if (engine === "pulumi") {
    const load = createRequire(__filename); // with all of Pulumi's SDK
    const { openCliStack } = load(
      "./cli-stack",
    ) as typeof import("./cli-stack");
    return openCliStack(project, name, settings);
  }
  return openLocalStack(project, name, settings);
}

const ENGINE = path.join(__dirname, "../../engine/cli.ts");

function startLocalUp(
  project: TestProject,
  name: string,
  { config, env }: StackSettings,
): ChildProcess {
  const given = Object.entries(config).flatMap(([key, value]) =>
    typeof value === "string"
      ? ["--config", `${key}=${value}`]
      : ["--secret", `${key}=${value.secret}`],
  );
  return spawn(
    process.execPath,
    [
      ...["--require", TYPESCRIPT, ENGINE, "up", "--parallel", "32"],
      ...["--project", project.dir, "--stack", name, ...given],
    ],
    {
      cwd: path.dirname(ENGINE),
      stdio: "ignore",
      env: {
        ...process.env,
        ...project.env,
        ...env,
        PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
      },
    },
  );
}

function openLocalStack(
  project: TestProject,
  name: string,
  { config, env }: StackSettings,
): Stack {
  const values = { ...config };
  const local = () =>
    project.stack(name, {
      passphrase: PASSPHRASE,
      env,
      config: Object.fromEntries(
        Object.entries(values).map(([key, value]) => [
          key,
          typeof value === "string"
            ? { value }
            : { value: value.secret, secret: true },
        ]),
      ),
    });
  return {
    engine: "our own (engine/); `pulumi` is not used",
    setConfig: async (key, value) => void (values[key] = value),
    preview: (options) => local().preview(options),
    up: (options) => local().up(options),
    refresh: (options) => local().refresh(options),
    destroy: (options) => local().destroy(options),
    startUp: () => startLocalUp(project, name, { config: values, env }),
    outputs: () => local().outputs(),
    state: async () => {
      const state = local().exportState();
      if (!state) throw new Error(`the stack ${name} has no state yet`);
      return state;
    },
  };
}

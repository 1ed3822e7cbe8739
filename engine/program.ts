import path from "node:path";
import { Child, type Exit } from "./child";
import type { Emit, Severity } from "./events";
import type { Project } from "./project";

/** The SDK has told the user why before it ended with this code. */
const TOLD = 32;

export interface ProgramOptions {
  project: Project;
  stack: { project: string; stack: string };
  /** Address of the service it registers its resources with. */
  monitor: string;
  /** Address of the service that takes what is to be told. */
  engine: string;
  env: NodeJS.ProcessEnv;
  parallel: number;
  preview: boolean;
  emit: Emit;
}

/** Runs the user's program with the SDK's own runtime. */
export function startProgram(options: ProgramOptions): Child {
  const { project, stack, emit } = options;
  const tell = (severity: Severity) => (message: string) =>
    emit({ type: "diagnostic", severity, message, ephemeral: false });
  return Child.start({
    args: [
      "--require",
      path.join(__dirname, "plain-stacks.cjs"),
      project.sdk("cmd/run/index.js"),
      `--monitor=${options.monitor}`,
      `--engine=${options.engine}`,
      `--project=${stack.project}`,
      `--stack=${stack.stack}`,
      "--organization=organization",
      `--root-directory=${project.dir}`,
      `--pwd=${project.programDir}`,
      `--parallel=${options.parallel}`,
      ...(options.preview ? ["--dry-run"] : []),
      project.entry,
    ],
    cwd: project.programDir,
    env: options.env,
    stdin: "ignore",
    onOutput: tell("info"),
    onError: tell("info#err"),
  });
}

/** Why a program's end is no success; undefined if it is one. */
export function complaint(exit: Exit, finished: boolean): string | undefined {
  if (exit.signal) return `the program was ended by ${exit.signal}`;
  if (exit.code === TOLD) return "the program failed";
  if (exit.code !== 0)
    return `the program exited with non-zero exit code: ${exit.code}`;
  if (!finished) return "the program ended before it had registered all";
  return undefined;
}

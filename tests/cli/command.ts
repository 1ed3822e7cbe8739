import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { eventually } from "../support/eventually";
import type { Sandbox } from "../support/sandbox";
import { KEPT_MODULES, TYPESCRIPT } from "../support/typescript";

const dist = process.env.LOCKED_ACTION_DIST;

/** What runs the command: the build if the test run has made one, else the source. */
export const COMMAND = dist
  ? [
      process.execPath,
      ...["--require", KEPT_MODULES],
      path.join(dist, "cli/main.js"),
    ]
  : [
      process.execPath,
      ...["--require", TYPESCRIPT],
      path.join(__dirname, "../../cli/main.ts"),
    ];

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The command while it runs. */
export interface Running {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  write(text: string): void;
  ended: Promise<Ended>;
  /** Waits until this has been printed. */
  said(text: string | RegExp): Promise<void>;
}

export interface Settings {
  env?: Record<string, string>;
  cwd?: string;
}

/** The environment without whatever names a ZooKeeper, and without colours of the tests' own. */
export function environment(more: Record<string, string> = {}) {
  const clean = Object.entries(process.env).filter(
    ([name]) =>
      !/^(LOCKED_ACTION_|NO_COLOR|FORCE_COLOR|CI$|BUILD_URL)/.test(name),
  );
  return { ...Object.fromEntries(clean), ...more };
}

/** Starts the real command in a process of its own, its output in pipes. */
export function start(
  sandbox: Sandbox,
  args: string[],
  { env, cwd }: Settings = {},
): Running {
  return watched(
    sandbox.spawn(COMMAND[0]!, [...COMMAND.slice(1), ...args], {
      env: environment(env),
      cwd: cwd ?? sandbox.dir,
      stdio: ["pipe", "pipe", "pipe"],
    }),
  );
}

export async function locked(
  sandbox: Sandbox,
  args: string[],
  settings: Settings = {},
): Promise<Ended> {
  const running = start(sandbox, args, settings);
  running.child.stdin?.end();
  return running.ended;
}

export function watched(child: ChildProcess): Running {
  let [out, err] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text) => (out += text));
  child.stderr?.setEncoding("utf8").on("data", (text) => (err += text));
  child.stdin?.on("error", () => {}); // it may have ended first
  const ended = once(child, "close").then(([code]) => ({
    code: code as number | null,
    stdout: out,
    stderr: err,
  }));
  return {
    child,
    stdout: () => out,
    stderr: () => err,
    write: (text) => void child.stdin?.write(text),
    ended,
    said: async (text) => {
      const heard = () =>
        typeof text === "string"
          ? (out + err).includes(text)
          : text.test(out + err);
      const what = () => `it says ${String(text)}`;
      await eventually(what(), heard).catch((error: Error) => {
        throw new Error(`${error.message}; it said:\n${out}\n${err}`);
      });
    },
  };
}

import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** How long output is awaited after the end of a process, in milliseconds. */
const LAST_WORDS = 1000;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  stdin: "pipe" | "ignore";
  onOutput: (line: string) => void;
  onError: (line: string) => void;
}

/**
 * A Node process in a process group of its own, so that a terminal's Ctrl-C does
 * not reach it and all it started can be ended with it.
 */
export class Child {
  readonly exit: Promise<Exit>;
  private ended: Exit | undefined;

  private constructor(private readonly process: ChildProcess) {
    this.exit = new Promise((resolve) => {
      const end = (exit: Exit) => {
        this.ended ??= exit;
        resolve(this.ended);
      };
      process.once("close", (code, signal) => end({ code, signal }));
      // What it left behind may hold its output open for ever.
      process.once("exit", (code, signal) => {
        setTimeout(() => {
          process.stdout?.destroy();
          process.stderr?.destroy();
          end({ code, signal });
        }, LAST_WORDS).unref();
      });
      process.once("error", () => end({ code: 127, signal: null }));
    });
  }

  static start(options: ChildOptions): Child {
    const child = spawn(process.execPath, options.args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: [options.stdin, "pipe", "pipe"],
    });
    child.on("error", (error) => options.onError(String(error)));
    child.stdin?.on("error", () => {}); // it may be gone first
    eachLine(child.stdout, options.onOutput);
    eachLine(child.stderr, options.onError);
    return new Child(child);
  }

  get exited(): Exit | undefined {
    return this.ended;
  }

  /** To the whole group; nothing if it is gone. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.process;
    if (pid === undefined || this.ended) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // gone between our look and our signal
    }
  }

  /** SIGINT, and SIGKILL for what is still there after `grace` milliseconds. */
  async end(grace: number): Promise<Exit> {
    this.signal("SIGINT");
    const timer = setTimeout(() => this.signal("SIGKILL"), grace);
    try {
      return await this.exit;
    } finally {
      clearTimeout(timer);
    }
  }
}

function eachLine(stream: Readable | null, take: (line: string) => void) {
  if (!stream) return;
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  lines.on("line", take);
  stream.on("error", () => {});
  lines.on("error", () => {});
}

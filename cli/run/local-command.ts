import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Writable } from "node:stream";
import { CommandError } from "../errors";
import { membersOf } from "./command-session";

// The command begins when a line comes on descriptor 3, and never if we are gone
// before: by then its identity, which exec does not change, is in the lock.
const GATE = 'IFS= read -r go <&3 && exec "$@" 3<&-; exit 126';

/** Where the shell would find it. @throws CommandError (127), as a shell says it */
export function locateCommand(
  command: string,
  environment: NodeJS.ProcessEnv,
): string {
  const places = command.includes("/")
    ? [command]
    : (environment.PATH ?? "").split(":").map((dir) => path.join(dir, command));
  const found = places.find(isExecutable);
  if (found) return found;
  throw new CommandError(127, `${command}: command not found`, [
    "the lock was not taken",
  ]);
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** How a command ended: as a shell counts it, and in words. */
export interface CommandEnd {
  code: number;
  signal: NodeJS.Signals | null;
}

/**
 * A command of this machine with our input and output, and a gate before it. It leads a
 * session of its own: what is sent to it reaches all its processes, and each once.
 */
export class LocalCommand {
  private readonly child: ChildProcess;
  private readonly ended: Promise<CommandEnd>;

  constructor([command = "", ...args]: string[], env: NodeJS.ProcessEnv) {
    this.child = spawn("/bin/sh", ["-c", GATE, "sh", command, ...args], {
      stdio: ["inherit", "inherit", "inherit", "pipe"],
      env,
      detached: true,
    });
    this.ended = once(this.child, "close").then(([code, signal]) =>
      endOf(code as number | null, signal as NodeJS.Signals | null),
    );
    this.ended.catch(() => {}); // told by `run`
    this.gate.on("error", () => {}); // it may be killed before it begins
  }

  private get gate(): Writable {
    return this.child.stdio[3] as Writable;
  }

  /** Undefined where the system could not start it. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** It never begins. */
  async abandon(): Promise<void> {
    this.gate.end();
    await this.ended.catch(() => {});
  }

  /** Lets it begin and waits for the end of its first process. */
  run(): Promise<CommandEnd> {
    this.gate.end("go\n");
    return this.ended;
  }

  /** To all its processes, those that outlived the first one too. */
  send(signal: NodeJS.Signals): void {
    if (this.pid === undefined) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // all of them are gone, or are another user's
    }
  }

  /** Those of its processes that still work, after they had this many milliseconds to end. */
  async rest(within: number): Promise<number[]> {
    if (this.pid === undefined) return [];
    const deadline = performance.now() + within;
    for (;;) {
      const pids = membersOf(this.pid);
      if (pids.length === 0 || performance.now() >= deadline) return pids;
      await new Promise((done) => setTimeout(done, POLL));
    }
  }
}

/** Milliseconds between two looks at what is left of a command. */
const POLL = 20;

function endOf(code: number | null, signal: NodeJS.Signals | null): CommandEnd {
  if (signal === null) return { code: code ?? 1, signal };
  return { code: 128 + os.constants.signals[signal], signal };
}

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Writable } from "node:stream";
import type { Identity } from "../core/process/types";
import { CommandError } from "./errors";

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

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

/** A command of this machine with our terminal, our signals, and a gate before it. */
export class LocalCommand {
  private readonly child: ChildProcess;
  private readonly ended: Promise<CommandEnd>;

  constructor([command = "", ...args]: string[], env: NodeJS.ProcessEnv) {
    this.child = spawn("/bin/sh", ["-c", GATE, "sh", command, ...args], {
      stdio: ["inherit", "inherit", "inherit", "pipe"],
      env,
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

  /** Null where the system has no /proc. */
  get identity(): Identity | null {
    return this.child.pid === undefined ? null : identityOf(this.child.pid);
  }

  /** It never begins. */
  async abandon(): Promise<void> {
    this.gate.end();
    await this.ended.catch(() => {});
  }

  /** Lets it begin and waits for its end; signals that come to us go to it. */
  async run(): Promise<CommandEnd> {
    const forward = FORWARDED.map((signal) => {
      const send = () => {
        // Ctrl-C has reached it already, as the terminal sends it to us both
        const byTerminal = signal === "SIGINT" || signal === "SIGQUIT";
        if (!byTerminal || !process.stdin.isTTY) this.child.kill(signal);
      };
      process.on(signal, send);
      return () => process.off(signal, send);
    });
    this.gate.end("go\n");
    try {
      return await this.ended;
    } finally {
      for (const stop of forward) stop();
    }
  }
}

function endOf(code: number | null, signal: NodeJS.Signals | null): CommandEnd {
  if (signal === null) return { code: code ?? 1, signal };
  return { code: 128 + os.constants.signals[signal], signal };
}

/** Whether this very process, not another one of the same number, runs here. */
export function isRunning(identity: Identity): boolean {
  const pid = Number(identity.split("/")[1]);
  return identityOf(pid) === identity;
}

function identityOf(pid: number): Identity | null {
  try {
    const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    // its name, in brackets, may hold blanks and brackets itself
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, start] = [fields[0], fields[19]];
    return state === "Z" || state === "X" || start === undefined
      ? null
      : `${boot.trim()}/${pid}/${start}`;
  } catch {
    return null;
  }
}

import {
  spawn,
  type ChildProcess,
  type SpawnOptions,
} from "node:child_process";
import { once } from "node:events";
import { mkdtemp, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** Every process of a sandbox inherits this variable: it is how the reaper finds them, children of children included. */
export const SANDBOX_VARIABLE = "LOCKED_ACTION_SANDBOX";

// Ends when its stdin does, that is when its parent is gone, however it went. It is
// the only clean-up there is, so the way after a kill -9 is the way of every test.
// sshd overwrites its environment with its title: it is found by its command line,
// its sessions as its children.
const REAPER = `
trap '' INT TERM HUP
cat >/dev/null
end() {
  for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do (end "$child"); done
  kill -9 "$1" 2>/dev/null
}
round=0
while [ $round -lt 100 ]; do
  found=$(
    grep -lsxzF "${SANDBOX_VARIABLE}=$1" /proc/[0-9]*/environ
    grep -lszF "$1/" /proc/[0-9]*/cmdline
    : # a last command would take the place of this subshell, and find itself
  )
  [ -n "$found" ] || break
  for file in $found; do pid=\${file#/proc/}; end "\${pid%/*}"; done
  round=$((round + 1))
  sleep 0.02
done
rm -rf "$1"
`;

/** One temporary directory and all processes started for it. Whatever happens to its owner, both go. */
export class Sandbox {
  private constructor(
    readonly dir: string,
    private readonly reaper: ChildProcess,
  ) {}

  static async create(): Promise<Sandbox> {
    const root = await realpath(tmpdir());
    const dir = await mkdtemp(path.join(root, "locked-action-"));
    const reaper = spawn("sh", ["-c", REAPER, "reaper", dir], {
      detached: true, // a Ctrl-C of the terminal must not reach it
      stdio: ["pipe", "ignore", "ignore"],
      // the run of the tests awaits it by the second one
      env: { PATH: process.env.PATH, TEST_TASK_REAPER: process.env.TEST_TASK },
    });
    reaper.stdin?.on("error", () => {}); // it may be gone first
    await once(reaper, "spawn");
    // Neither the process nor its pipe keeps our event loop alive.
    reaper.unref();
    (reaper.stdin as unknown as { unref(): void }).unref();
    return new Sandbox(dir, reaper);
  }

  /** The environment that marks a process as one of this sandbox. */
  get env(): Record<string, string> {
    return { [SANDBOX_VARIABLE]: this.dir };
  }

  /** A few characters that no other sandbox of this machine has. */
  get mark(): string {
    return path.basename(this.dir).split("-").at(-1)!;
  }

  spawn(
    command: string,
    args: string[],
    options: SpawnOptions = {},
  ): ChildProcess {
    const child = spawn(command, args, {
      stdio: "ignore",
      ...options,
      env: { ...(options.env ?? process.env), ...this.env },
    });
    child.on("error", () => {}); // told by the exit that never was: callers await readiness
    return child;
  }

  /** Ends every process of the sandbox and removes its directory. */
  async stop(): Promise<void> {
    if (this.reaper.exitCode !== null) return;
    const gone = once(this.reaper, "exit");
    this.reaper.ref();
    this.reaper.stdin?.end();
    await gone;
  }
}

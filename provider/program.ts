import fs from "node:fs";

/** Milliseconds between two looks. */
const INTERVAL = 250;

/**
 * Watches the process of the user's program: it is gone soon after the first Ctrl-C,
 * which never reaches a dynamic provider itself.
 */
export class ProgramWatch {
  private pid: number | null = null;
  private start: string | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly onGone: () => void) {}

  /** Told by each `check`; the last one counts. */
  know(pid: number): void {
    if (pid === this.pid || pid === process.pid) return;
    this.pid = pid;
    this.start = startOf(pid);
  }

  /** Begins to look: once there is something that can be stopped. */
  begin(): void {
    if (this.timer || this.pid === null) return;
    this.timer = setInterval(() => this.look(), INTERVAL).unref();
  }

  end(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  private look(): void {
    if (this.pid === null || this.isThere(this.pid)) return;
    this.end();
    this.onGone();
  }

  private isThere(pid: number): boolean {
    try {
      process.kill(pid, 0);
    } catch (error) {
      // EPERM: it is there, and another user's
      if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
    }
    const start = startOf(pid);
    // a zombie is gone; the same pid with another start is another process
    return (
      start !== "zombie" && (!this.start || !start || start === this.start)
    );
  }
}

/** When a process was started, in the kernel's ticks; `null` where that can't be told. */
function startOf(pid: number): string | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    // the name in parentheses may contain anything, so count from its end
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "zombie" : (fields[19] ?? null);
  } catch {
    return null;
  }
}

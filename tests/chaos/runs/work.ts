import fs from "node:fs";
import path from "node:path";
import { quote } from "../../../core/text/quote";

/** Milliseconds between two looks at all processes. */
const LOOK = 50;

/**
 * The work of runs, which must never be done by two at once: who works is told by the work itself, in a file that each
 * appends to, and by an observer of all processes of the machine, those of other PID namespaces included.
 */
export class Work {
  readonly violations: string[] = [];
  /** Looks that saw somebody work. */
  seen = 0;
  private readonly journal: string;
  private readonly name: string;
  private readonly timer: NodeJS.Timeout;

  constructor(dir: string, mark: string) {
    this.journal = path.join(dir, "journal");
    this.name = `work-${mark}`;
    fs.writeFileSync(this.journal, "");
    this.timer = setInterval(() => this.look(), LOOK);
  }

  /** A command that works for so many seconds. */
  command(id: number, seconds: number): string[] {
    const tell = (what: string) => `echo "${what} $1" >>${quote(this.journal)}`;
    const script = `${tell("begin")}; sleep ${seconds}; ${tell("end")}`;
    return ["sh", "-c", script, this.name, String(id)];
  }

  /** Ends the work of a run, if it is at it; what it has begun has no end of its own then. */
  kill(id: number): boolean {
    const found = this.working().find(([, own]) => own === String(id));
    if (!found) return false;
    fs.appendFileSync(this.journal, `killed ${id}\n`);
    try {
      process.kill(-found[0], "SIGKILL"); // it leads a session of its own
    } catch {
      return false; // it has just ended
    }
    return true;
  }

  /** Whether nobody works now. */
  get idle(): boolean {
    return this.working().length === 0;
  }

  /** Nobody is observed any more. */
  stop(): void {
    clearInterval(this.timer);
  }

  /** How many have begun, by the journal, which is judged. */
  judge(): number {
    const open = new Set<string>();
    let begun = 0;
    for (const line of fs.readFileSync(this.journal, "utf8").split("\n")) {
      const [what, id = ""] = line.split(" ");
      if (what === "begin") {
        begun++;
        if (open.size > 0)
          this.violations.push(`${id} began while ${[...open].join()} worked`);
        open.add(id);
      } else open.delete(id);
    }
    return begun;
  }

  private look(): void {
    const ids = new Set(this.working().map(([, id]) => id));
    if (ids.size > 0) this.seen++;
    if (ids.size > 1)
      this.violations.push(`seen at work together: ${[...ids].join()}`);
  }

  /** Process and run of each shell at work; only of those that live. */
  private working(): [pid: number, id: string][] {
    return fs.readdirSync("/proc").flatMap((pid): [number, string][] => {
      if (!/^\d+$/.test(pid)) return [];
      const words = readOf(`/proc/${pid}/cmdline`).split("\0");
      const [shell, , , name, id = ""] = words;
      if (!/(^|\/)sh$/.test(shell!) || name !== this.name) return [];
      const state = /\) (\S)/.exec(readOf(`/proc/${pid}/stat`))?.[1] ?? "Z";
      return state === "Z" || state === "X" ? [] : [[Number(pid), id]];
    });
  }
}

function readOf(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return ""; // it is gone
  }
}

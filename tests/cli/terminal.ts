import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { quote } from "../../core/text/quote";
import { eventually } from "../support/eventually";
import type { Sandbox } from "../support/sandbox";
import { COMMAND, environment, watched, type Running } from "./command";

/** What a terminal is told besides text. */
export const ALTERNATE_SCREEN = "\u001b[?1049h";
export const FIRST_SCREEN = "\u001b[?1049l";
export const HOME = "\u001b[H";
export const CTRL_C = "\u0003";

export interface Terminal extends Running {
  /** Rows and columns; the program is told. */
  resize(rows: number, columns: number): Promise<void>;
  /** The last page that was drawn, as lines. */
  page(): string[];
}

/** Starts the command in a pseudo-terminal of 40 rows, as `script` makes one. What it prints is all in `stdout`. */
export function startInTerminal(
  sandbox: Sandbox,
  args: string[],
  env: Record<string, string> = {},
): Terminal {
  const name = path.join(sandbox.dir, `tty-${Math.random()}`);
  const command = [...COMMAND, ...args].map(quote).join(" ");
  const inside = `tty >${quote(name)}; stty rows 40 cols 160; exec ${command}`;
  const child = sandbox.spawn("script", ["-qefc", inside, "/dev/null"], {
    env: environment({ TERM: "xterm-256color", SHELL: "/bin/sh", ...env }),
    cwd: sandbox.dir,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const running = watched(child);
  return {
    ...running,
    async resize(rows, columns) {
      const tty = await eventually("the terminal has a name", () =>
        fs.existsSync(name) ? fs.readFileSync(name, "utf8").trim() : "",
      );
      const size = ["rows", String(rows), "cols", String(columns)];
      execFileSync("stty", ["-F", tty, ...size]);
    },
    page() {
      const drawn = running.stdout().split(HOME).at(-1) ?? "";
      return drawn
        .split(FIRST_SCREEN)[0]!
        .split(/\r*\n/)
        .map(stripVTControlCharacters);
    },
  };
}

import fs from "node:fs";

/** How many processes lie between the engine and this one, at most: scripts that start a provider. */
const SCRIPTS = 3;

/**
 * Whether the engine that started this process draws on a terminal, where a line replaces the one
 * before. It does not say so; its stdout tells. Where that can't be seen it does not.
 */
export function drawsOnTerminal(pid = process.ppid): boolean {
  try {
    for (let i = 0; i < SCRIPTS && isScript(pid); i++) pid = parentOf(pid);
    return /^\/dev\/(pts\/|tty)/.test(fs.readlinkSync(`/proc/${pid}/fd/1`));
  } catch {
    return false;
  }
}

function isScript(pid: number): boolean {
  const line = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8");
  return line.includes("pulumi-resource-");
}

function parentOf(pid: number): number {
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]);
}

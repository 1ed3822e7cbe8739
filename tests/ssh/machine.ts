import { execFileSync } from "node:child_process";
import fs from "node:fs";

/** Where a program of this machine is, links followed; null if it has none. */
export function find(name: string): string | null {
  try {
    const found = execFileSync("sh", ["-c", `command -v ${name}`]);
    return fs.realpathSync(found.toString().trim());
  } catch {
    return null;
  }
}

/** Children of a process. */
export function children(pid: number): number[] {
  try {
    const file = `/proc/${pid}/task/${pid}/children`;
    return fs.readFileSync(file, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return []; // it is gone
  }
}

/** Children, and children of children. */
export function descendants(pid: number): number[] {
  return children(pid).flatMap((child) => [child, ...descendants(child)]);
}

/** The name of a process, empty if it is gone. */
export function comm(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

/** Removes what guards of these keys have left: the directory is the machine's, only what is ours goes. */
export function removeGuards(...keys: string[]): void {
  const place = "/run/locked-action";
  if (!fs.existsSync(place)) return;
  for (const file of fs.readdirSync(place))
    if (keys.some((key) => file.startsWith(key)))
      fs.rmSync(`${place}/${file}`, { force: true });
}

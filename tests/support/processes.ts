import fs from "node:fs";
import type { Sandbox } from "./sandbox";

/** The processes of engines, programs and providers that belong to a sandbox. */
export function engineProcesses(
  { dir }: Sandbox,
  which = /cmd\/(run|dynamic-provider)/,
): number[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const line = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8");
        const environ = fs.readFileSync(`/proc/${pid}/environ`, "utf8");
        return which.test(line) && environ.includes(dir);
      } catch {
        return false; // gone, or another's
      }
    })
    .map(Number);
}

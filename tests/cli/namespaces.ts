import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { quote } from "../../core/text/quote";
import { eventually } from "../support/eventually";
import type { Sandbox } from "../support/sandbox";
import { COMMAND, environment, watched, type Running } from "./command";

/** A container as far as processes go: a PID namespace of its own with a /proc of its own. */
export interface PidNamespace {
  /** Starts `locked-action` in it, as `command.start` does outside. */
  start(args: string[]): Running;
}

export async function startPidNamespace(
  sandbox: Sandbox,
  name: string,
): Promise<PidNamespace> {
  const file = path.join(sandbox.dir, `namespace-${name}`);
  // its first process reaps the others, and tells its number outside by its own link in ours
  const init = `echo >${quote(file)}; while :; do sleep 1000 & wait; done`;
  const unshare = sandbox.spawn(
    "unshare",
    ["-fp", "--mount-proc", "--kill-child", "sh", "-c", init],
    { env: environment() },
  );
  await once(unshare, "spawn");
  const first = await eventually("the namespace has its first process", () => {
    const { pid } = unshare;
    if (!fs.existsSync(file)) return "";
    return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  });
  return {
    start: (args) =>
      watched(
        sandbox.spawn(
          "nsenter",
          ["-t", first, "-p", "-m", ...COMMAND, ...args],
          {
            env: environment(),
            cwd: sandbox.dir,
            stdio: ["pipe", "pipe", "pipe"],
          },
        ),
      ),
  };
}

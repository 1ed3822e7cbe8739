import { type ChildProcess } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { look } from "../../core/process/look";
import type { ProcessSpec, Sighting } from "../../core/process/types";
import { extended, oneHost } from "../ssh/one-host";
import { eventually } from "../support/eventually";

/** A host to look at, and programs whose names no other process has. */
export function looking() {
  const at = oneHost();
  let count = 0;

  const see = (spec: ProcessSpec) => look(at.host, spec, { timeout: 30 });
  const seen = async (spec: ProcessSpec) => {
    const sighting = await see(spec);
    if (sighting.kind !== "seen") throw new Error(sighting.reason);
    return sighting;
  };
  const pids = (sighting: Sighting) =>
    sighting.kind === "seen"
      ? sighting.identities
          .map((id) => Number(id.split("/")[1]))
          .sort((a, b) => a - b)
      : [];
  /** A name that no other process has: a copy of `sleep` to be run. */
  const program = (name = `la${process.pid}x${count++}`) => {
    const file = path.join(at.sandbox.dir, name);
    if (!fs.existsSync(file))
      fs.copyFileSync(fs.realpathSync("/bin/sleep"), file);
    return { name, file, spec: { commandString: `^${name.slice(0, 15)}$` } };
  };
  const daemon = async (file: string, args = ["300"]) => {
    const child = at.sandbox.spawn(file, args, { stdio: "ignore" });
    await eventually("it has its own name", () =>
      fs.readFileSync(`/proc/${child.pid}/cmdline`, "utf8").startsWith(file),
    );
    return child;
  };
  const end = async (child: ChildProcess) => {
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  };

  return extended(at, {
    see,
    seen,
    pids,
    program,
    daemon,
    end,
  });
}

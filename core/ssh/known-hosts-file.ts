import { readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

/** The runner's own known_hosts; empty if there is none. */
export async function readKnownHosts(): Promise<string> {
  const file = path.join(os.homedir(), ".ssh", "known_hosts");
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  mkdir,
  readFile,
  readdir,
  rm,
  rmdir,
  writeFile,
} from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { z } from "zod";

const owner = z.object({
  pid: z.number().int(),
  host: z.string(),
  /** When the process started, in the kernel's ticks: a PID alone may be another's by now. */
  ticks: z.string(),
  since: z.string(),
});
type Owner = z.infer<typeof owner>;

/**
 * Excludes two operations on one state. Each puts down a file of its own, and
 * goes on only if it then sees no other: two that come at once may both be
 * refused, but never both go on. What a dead process left is cleared away.
 *
 * @returns gives the lock back
 * @throws if another operation has it
 */
export async function lockStack(
  stateFile: string,
): Promise<() => Promise<void>> {
  const dir = `${stateFile}.locks`;
  const mine = path.join(dir, `${randomUUID()}.json`);
  const self: Owner = {
    pid: process.pid,
    host: hostname(),
    ticks: startOf(process.pid) ?? "",
    since: new Date().toISOString(),
  };
  await putDown(dir, mine, JSON.stringify(self));
  const unlock = async () => {
    await rm(mine, { force: true });
    await rmdir(dir).catch(() => {}); // another's file is in it
  };
  const others = await othersIn(dir, mine);
  if (others.length === 0) return unlock;
  await unlock();
  const who = others.map(
    ({ pid, host, since }) => `process ${pid} on ${host} since ${since}`,
  );
  throw new Error(
    `the stack is currently locked by ${who.join(", ")}: wait for it to end (${dir})`,
  );
}

async function putDown(dir: string, file: string, text: string) {
  for (let tries = 1; ; tries++) {
    await mkdir(dir, { recursive: true });
    try {
      return await writeFile(file, text);
    } catch (error) {
      // One that gave its lock back took the directory along.
      const gone = (error as NodeJS.ErrnoException).code === "ENOENT";
      if (!gone || tries === 10) throw error;
    }
  }
}

async function othersIn(dir: string, mine: string): Promise<Owner[]> {
  const others: Owner[] = [];
  for (const name of await readdir(dir)) {
    const file = path.join(dir, name);
    if (file === mine) continue;
    const found = await readOwner(file);
    if (!found) continue;
    if (lives(found)) others.push(found);
    else await rm(file, { force: true });
  }
  return others;
}

async function readOwner(file: string): Promise<Owner | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    return undefined; // given back meanwhile
  }
  // Half written: its owner has yet to look, and will see ours.
  if (text === "") return undefined;
  return owner.parse(JSON.parse(text));
}

function lives({ pid, host, ticks }: Owner): boolean {
  if (host !== hostname()) return true; // nothing can be known of it here
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const start = startOf(pid);
  return start === undefined || ticks === "" || start === ticks;
}

/** When a process started; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

// The processes of one local command: the session that it leads.
import fs from "node:fs";
import os from "node:os";
import type { Baseline } from "../../core/lock";
import type { Identity } from "../../core/process/types";

/** What stands in the lock of a command that has begun: enough for a later run to find its processes. */
export function describeCommand(pid: number): Baseline {
  const space = pidNamespace();
  return {
    // without /proc nobody can find it again, and nobody takes it for ended
    identities: [identityOf(pid) ?? `unknown/${pid}/unknown`],
    machine: os.hostname(),
    ...(space === null ? {} : { pidNamespace: space }),
  };
}

/** The same once nothing of it works any more: any machine may take its lock over. */
export const ENDED: Baseline = { identities: [] };

/** What can be known here of the command of an earlier run. */
export type EarlierCommand =
  | { state: "ended" }
  | { state: "works"; pids: number[] }
  | { state: "unknown"; machine: string | null; pid: string | null };

/**
 * Only the kernel that runs a command can say whether it works: another boot id
 * or PID namespace than ours means that we cannot know.
 */
export function judgeCommand(baseline: Baseline | undefined): EarlierCommand {
  // a command begins when its identity is in the lock, and not before
  const leader = baseline?.identities[0];
  if (!baseline || leader === undefined) return { state: "ended" };
  const [boot = "", pid = "", start = ""] = leader.split("/");
  const here = bootId();
  const space = pidNamespace();
  const visible =
    here !== null &&
    boot === here &&
    space !== null &&
    baseline.pidNamespace === space &&
    /^[1-9]\d*$/.test(pid);
  if (!visible)
    return {
      state: "unknown",
      machine: baseline.machine ?? null,
      pid: /^[1-9]\d{0,9}$/.test(pid) ? pid : null,
    };
  const pids = membersOf(Number(pid), start);
  return pids.length > 0 ? { state: "works", pids } : { state: "ended" };
}

/**
 * Processes of the session and of the group that this process leads or led, zombies aside.
 * A number is not given again while a session or a group has it: another start of
 * the leader means that all of the first one are gone.
 */
export function membersOf(leader: number, start?: string): number[] {
  const now = statOf(leader);
  if (now && start !== undefined && now.start !== start) return [];
  const all = processes();
  if (all === null) return isThere(-leader) ? [leader] : [];
  const members = all.filter(
    ({ session, group }) => session === leader || group === leader,
  );
  // those of another user may be hidden: the kernel still tells that they are there
  if (members.length === 0) return isThere(-leader) ? [leader] : [];
  return members.filter(({ zombie }) => !zombie).map(({ pid }) => pid);
}

interface Stat {
  pid: number;
  zombie: boolean;
  group: number;
  session: number;
  start: string;
}

function processes(): Stat[] | null {
  try {
    return fs
      .readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => statOf(Number(name)) ?? []);
  } catch {
    return null;
  }
}

function statOf(pid: number): Stat | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    // its name, in brackets, may hold blanks and brackets itself
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, , group, session] = fields;
    const start = fields[19];
    if (start === undefined) return null;
    const zombie = state === "Z" || state === "X";
    return {
      ...{ pid, zombie, start },
      group: Number(group),
      session: Number(session),
    };
  } catch {
    return null;
  }
}

function identityOf(pid: number): Identity | null {
  const stat = statOf(pid);
  const boot = bootId();
  return stat && boot && !stat.zombie ? `${boot}/${pid}/${stat.start}` : null;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function bootId(): string | null {
  try {
    return fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
}

/** Null where the system has none, or none that can be seen. */
function pidNamespace(): string | null {
  try {
    return fs.readlinkSync("/proc/self/ns/pid");
  } catch {
    return null;
  }
}

import type { Ended, Identity, ProcessSpec, Sighting } from "./types";

type Seen = Extract<Sighting, { kind: "seen" }>;

interface Row {
  identity: Identity;
  ticks: number;
}

/** Reads what the look's program printed. A report without its end is none. */
export function readSighting(spec: ProcessSpec, report: string): Sighting {
  const lines = report.split("\n").filter((line) => line !== "");
  const problem = lines.find((line) => line.startsWith("problem "));
  if (problem) return unknown(explain(spec, problem.slice("problem ".length)));
  const boot = /^boot ([0-9a-f-]{36}) ([1-9]\d*) [01]$/.exec(lines[0] ?? "");
  const end = /^end (\d+) (\d+) \d+$/.exec(lines.at(-1) ?? "");
  const rows = boot ? readRows(lines, boot[1]!) : [];
  const strange = lines.some((line) => !/^(boot|unit|p|t|end) /.test(line));
  if (!boot || !end || strange || rows.length !== Number(end[1]))
    return unknown("the answer of the host is not complete");
  const chosen = choose(spec, rows);
  const seen: Seen = {
    kind: "seen",
    identities: chosen.map((row) => row.identity),
    ages: chosen.map((row) => age(row, Number(end[2]), Number(boot[2]))),
    ...readCommandLines(lines, chosen),
  };
  return "unit" in spec ? withUnit(lines, boot[1]!, seen) : seen;
}

function readRows(lines: string[], boot: string): Row[] {
  return lines.flatMap((line) => {
    const [, pid, ticks] = /^p (\d+) (\d+)$/.exec(line) ?? [];
    return pid && ticks
      ? [{ identity: `${boot}/${pid}/${ticks}`, ticks: Number(ticks) }]
      : [];
  });
}

function readCommandLines(
  lines: string[],
  rows: Row[],
): Pick<Seen, "commandLines"> {
  const told = new Map<string, string>();
  for (const line of lines) {
    const [, pid, text] = /^t (\d+) (.*)$/s.exec(line) ?? [];
    if (pid && text) told.set(pid, text);
  }
  const found = rows.flatMap(({ identity }) => {
    const text = told.get(identity.split("/")[1]!);
    return text === undefined ? [] : [[identity, text] as const];
  });
  return found.length ? { commandLines: Object.fromEntries(found) } : {};
}

/** The oldest first; of two that started in the same tick, always the same one. */
function choose(spec: ProcessSpec, rows: Row[]): Row[] {
  const sorted = rows.toSorted(
    (a, b) => a.ticks - b.ticks || (a.identity < b.identity ? -1 : 1),
  );
  const which = "which" in spec ? spec.which : "all";
  if (which === "oldest") return sorted.slice(0, 1);
  if (which === "newest") return sorted.slice(-1);
  return sorted;
}

function age({ ticks }: Row, now: number, ticksPerSecond: number): number {
  return Math.max(0, now - ticks) / ticksPerSecond;
}

function withUnit(lines: string[], boot: string, seen: Seen): Sighting {
  const property = (name: string) =>
    lines
      .find((line) => line.startsWith(`unit ${name} `))
      ?.slice(`unit ${name} `.length);
  const load = property("LoadState");
  const activeState = property("ActiveState");
  if (!load || !activeState) return unknown("systemctl said nothing of it");
  const invocationId = property("InvocationID");
  const unit: Seen = {
    ...seen,
    activeState,
    ...(load === "loaded" ? {} : { loadState: load }),
  };
  if (!isActive(activeState)) {
    const ended = readEnd(property);
    return ended ? { ...unit, ended } : unit;
  }
  const mainPid = Number(property("MainPID") ?? 0);
  if (mainPid > 0 && !seen.identities.length) unit.deadMain = mainPid;
  if (invocationId && !seen.identities.length && livesWithoutMain(property)) {
    // what is running is this invocation
    unit.identities = [`${boot}/invocation/${invocationId}`];
    unit.ages = [Infinity];
  }
  return { ...unit, ...(invocationId ? { invocationId } : {}) };
}

type Property = (name: string) => string | undefined;

/**
 * Whether an active unit has no main process by design: one that is no service, or one
 * with `RemainAfterExit` whose process has ended. The processes of a forking service were
 * looked for in its control group.
 */
function livesWithoutMain(property: Property): boolean {
  if (Number(property("MainPID") ?? 0) > 0) return false;
  return !property("Type") || property("SubState") === "exited";
}

function readEnd(property: Property): Ended | null {
  const ended = ["inactive", "failed"].includes(property("ActiveState") ?? "");
  const result = property("Result");
  if (property("Type") !== "oneshot" || !ended || !result) return null;
  const invocationId = property("InvocationID");
  return { result, ...(invocationId ? { invocationId } : {}) };
}

/** While it reloads, a unit is up. */
export function isActive(activeState: string): boolean {
  return ["active", "reloading", "refreshing"].includes(activeState);
}

function explain(spec: ProcessSpec, problem: string): string {
  if (problem === "no such user" && "user" in spec)
    return `the host has no user ${spec.user}`;
  if (problem === "hidden")
    return "the processes of other users are hidden from this one (hidepid): use sudo";
  return problem;
}

function unknown(reason: string): Sighting {
  return { kind: "unknown", reason };
}

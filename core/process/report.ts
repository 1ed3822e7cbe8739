import type { Identity, ProcessSpec, Sighting } from "./types";

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
  const strange = lines.some((line) => !/^(boot|unit|p|end) /.test(line));
  if (!boot || !end || strange || rows.length !== Number(end[1]))
    return unknown("the answer of the host is not complete");
  const chosen = choose(spec, rows);
  const seen = {
    kind: "seen" as const,
    identities: chosen.map((row) => row.identity),
    ages: chosen.map((row) => age(row, Number(end[2]), Number(boot[2]))),
  };
  return "unit" in spec ? withUnit(spec.unit, lines, boot[1]!, seen) : seen;
}

function readRows(lines: string[], boot: string): Row[] {
  return lines.flatMap((line) => {
    const [, pid, ticks] = /^p (\d+) (\d+)$/.exec(line) ?? [];
    return pid && ticks
      ? [{ identity: `${boot}/${pid}/${ticks}`, ticks: Number(ticks) }]
      : [];
  });
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

function withUnit(
  unit: string,
  lines: string[],
  boot: string,
  seen: Extract<Sighting, { kind: "seen" }>,
): Sighting {
  const property = (name: string) =>
    lines
      .find((line) => line.startsWith(`unit ${name} `))
      ?.slice(`unit ${name} `.length);
  const load = property("LoadState");
  const activeState = property("ActiveState");
  if (!load || !activeState) return unknown("systemctl said nothing of it");
  if (load !== "loaded") return unknown(`the unit ${unit} is ${load}`);
  const invocationId = property("InvocationID");
  if (!isActive(activeState)) return { ...seen, activeState };
  if (!seen.identities.length && invocationId) {
    // active without a main process: what is running is this invocation
    seen.identities = [`${boot}/invocation/${invocationId}`];
    seen.ages = [Infinity];
  }
  return { ...seen, activeState, ...(invocationId ? { invocationId } : {}) };
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

import { describeAge, type LockView } from "../core/lock";
import { oneLine } from "../core/text/lines";
import { blockedBy, slotsUsed, statesOf, type State } from "./lock-state";
import type { Paint } from "./paint";
import { table } from "./table";

const HEAD = [
  ...["NAME", "HOLDERS", "STATE", "OLDEST"],
  ...["WAITERS", "HOLD", "BLOCKED"],
];
const WIDE = ["HELD BY", "FIRST WAITER", "LIMITS", "PATH"];

const COLOURS = {
  failed: "red",
  stale: "red",
  repairing: "yellow",
  live: "green",
} as const;

export function paintState(paint: Paint, state: State, text: string): string {
  return paint(COLOURS[state], text);
}

/** One row a lock. */
export function lockTable(
  locks: LockView[],
  paint: Paint,
  { wide = false } = {},
): string {
  const head = wide ? [...HEAD, ...WIDE] : HEAD;
  return table(
    head.map((word) => paint("dim", word)),
    locks.map((lock) => [...row(lock, paint), ...(wide ? more(lock) : [])]),
  );
}

function row(lock: LockView, paint: Paint): string[] {
  const { name, holders, waiters, hold } = lock;
  const all = [...holders, ...lock.chef];
  const slots = slotsUsed(lock);
  const members = holders.length > slots ? ` (${holders.length})` : "";
  const oldest = Math.max(0, ...all.map(({ age }) => age));
  const blocked = blockedBy(lock).join(", ");
  return [
    oneLine(name, 60),
    `${slots}/${lock.limits.maxHolders}${members}`,
    stateWords(lock, paint),
    all.length > 0 ? describeAge(oldest) : "-",
    String(waiters.length + lock.more),
    hold ? paint("yellow", oneLine(hold.by, 30)) : "-",
    blocked ? paint("red", blocked) : "-",
  ];
}

/** `failed`, or `1 failed, 2 live`; `chef` if a Chef node has it, `free` if nobody has. */
export function stateWords(lock: LockView, paint: Paint): string {
  const states = statesOf(lock);
  if (states.length === 0)
    return lock.chef.length > 0 ? paint("yellow", "chef") : "free";
  return states
    .map(([state, count]) =>
      paintState(
        paint,
        state,
        lock.holders.length > 1 ? `${count} ${state}` : state,
      ),
    )
    .join(", ");
}

function more(lock: LockView): string[] {
  const { maxPerGroup, maxFailures } = lock.limits;
  const first = lock.waiters[0];
  const name = (target: string | undefined, id: string) =>
    oneLine(target ?? id, 40);
  return [
    [
      ...lock.holders.map(({ record, id }) => name(record?.target, id)),
      ...lock.chef.map(({ data }) => oneLine(`Chef ${data}`, 40)),
    ].join(", ") || "-",
    first
      ? `${name(first.record?.target, first.id)}, ${describeAge(first.age)}`
      : "-",
    `per group ${maxPerGroup ?? "none"}, failures ${maxFailures}`,
    oneLine(lock.path, 1000),
  ];
}

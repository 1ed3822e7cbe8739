import { createHash } from "node:crypto";
import { inQueueOrder } from "./paths";
import type { HistoryRecord } from "../types";

/**
 * Names tell what must not be trimmed, so that nobody has to read records for it: `d-<roll>-` was
 * done in a roll, `e-<roll>-` is a roll's end, `h-` is all else. All are numbered by one counter.
 */
export function prefixOf({ kind, roll, urn }: HistoryRecord): string {
  if (!roll || urn === undefined) return "h-";
  if (kind === "roll") return `e-${rollKey(urn)}-`;
  const done = DONE.includes(kind);
  return done ? `d-${rollKey(urn)}-` : "h-";
}

const DONE: HistoryRecord["kind"][] = [
  ...(["acted", "alreadyRestarted", "notNeeded"] as const),
];

/** Of one resource: it rolls one fleet at a time. */
export function rollKey(urn: string): string {
  return createHash("sha256").update(urn).digest("hex").slice(0, 12);
}

/** Names of what was done in rolls that have not ended since. */
export function unfinishedRolls(names: string[]): string[] {
  const ends = new Map<string, string>();
  for (const name of names) {
    const [, kind, key] = ROLL.exec(name) ?? [];
    if (kind !== "e") continue;
    const last = ends.get(key!);
    if (!last || inQueueOrder(last, name) < 0) ends.set(key!, name);
  }
  return names.filter((name) => {
    const [, kind, key] = ROLL.exec(name) ?? [];
    if (kind !== "d") return false;
    const end = ends.get(key!);
    return !end || inQueueOrder(end, name) < 0;
  });
}

const OWN = /^(h|[de]-[0-9a-f]{12})-(\d{10}|-\d{9,10})$/;

/** Whether a child of history is a record of this package: what is none is nobody's to trim. */
export const isHistoryName = (name: string): boolean => OWN.test(name);

const ROLL = /^([de])-([0-9a-f]{12})-/;

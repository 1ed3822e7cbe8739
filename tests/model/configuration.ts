/** What is explored: who takes part, on what terms, and which faults may strike. */
import type { Terms } from "./client";
import { estatePath } from "./heir";
import { H, L, lockData, M, W } from "./layout";
import type { Budget } from "./operator";
import type { Rule } from "./rules";
import { apply, create, set, type Tree } from "./tree";

export interface Configuration {
  name: string;
  /** One letter a client: equal letters are one owner, or one group. */
  owners: string;
  groups: string;
  /** N, or one digit a client; the first is the lock's at the start. */
  max: string;
  maxPerGroup?: number;
  maxFailures?: number;
  onFailedHolder?: Terms["onFailedHolder"];
  /** Acquisitions of each client: one digit for all, or one each. */
  runs?: string;
  faults: Budget;
  /** How many commits a server may be behind. */
  lag?: number;
  /** Old trees kept so that a new session may read older than its process has seen. */
  memory?: number;
  /** Members are read one by one. */
  fine?: boolean;
  /** Clients begin with L in their cache. */
  cached?: boolean;
  /** L is missing at the start. */
  missing?: boolean;
  /** All skip FAST, as after a wait. */
  patient?: boolean;
  /** One letter a client: equal letters are one process. Without, each is alone. */
  processes?: string;
  /** Cycles of Chef's cookbook on the same lock. */
  chef?: number;
  /** At the start, another lock of ours has Chef's lock. */
  mirrorTaken?: boolean;
  /** One digit a client: 0 does not take Chef's lock. */
  takesChef?: string;
  /** Each writes into its record before it acts. */
  records?: boolean;
  /** A persistent node stands among the waiters. */
  foreign?: boolean;
}

/** Of the client at this place. */
export const nameOf = (i: number): string => String.fromCharCode(65 + i);

export function termsOf(k: Configuration, without: ReadonlySet<Rule>): Terms[] {
  return [...k.owners].map((owner, i) => ({
    owner,
    group: k.groups[i] ?? owner,
    max: Number(k.max[i] ?? k.max[0]),
    maxPerGroup: k.maxPerGroup ?? 9,
    maxFailures: k.maxFailures ?? 9,
    onFailedHolder: k.onFailedHolder ?? "wait",
    fine: k.fine ?? false,
    chef: k.chef !== undefined && k.takesChef?.[i] !== "0",
    records: k.records ?? false,
    process: k.processes?.[i] ?? "",
    has: (rule: Rule) => !without.has(rule),
  }));
}

/** The servers at the start: a free lock, or nothing at all. */
export function initialTree(k: Configuration): Tree {
  if (k.missing) return new Map();
  const lock = lockData({ max: Number(k.max[0]), hold: false });
  const ops = [create(L), set(L, lock), create(H), create(W)];
  const processes = [...new Set(k.processes ?? "")];
  const memory = processes.map((process) => create(estatePath(process)));
  const foreign = k.foreign ? [create(`${W}/z-Z0-0`)] : [];
  const theirs = k.mirrorTaken ? [create(M), set(M, "theirs")] : [];
  return apply(new Map(), [...ops, ...memory, ...foreign, ...theirs]).tree;
}

/**
 * Clients that could swap their names without any difference start in the order of their names: of two runs that differ
 * in the names alone one is enough. Gives for each the one that must have started before it, or -1.
 */
export function orderOfStart(k: Configuration, terms: readonly Terms[]) {
  const runs = (i: number) => k.runs?.[i] ?? k.runs?.[0] ?? "1";
  const related = (key: "owner" | "group", i: number, j: number) =>
    terms[i]?.[key] === terms[j]?.[key];
  const alike = (i: number, j: number) =>
    runs(i) === runs(j) &&
    terms[i]?.max === terms[j]?.max &&
    terms[i]?.process === terms[j]?.process &&
    terms[i]?.chef === terms[j]?.chef &&
    terms.every(
      (_, other) =>
        other === i ||
        other === j ||
        (related("owner", i, other) === related("owner", j, other) &&
          related("group", i, other) === related("group", j, other)),
    );
  return terms.map((_, i) => {
    for (let j = i - 1; j >= 0; j--) if (alike(i, j)) return j;
    return -1;
  });
}

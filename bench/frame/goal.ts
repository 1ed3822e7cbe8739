import type { Summary } from "./statistics";

/** A promise about one figure. */
export interface Goal {
  what: string;
  /** `null`: not measured, and `why` says so. */
  value: number | null;
  /** How far the runs lie apart. */
  spread?: Summary;
  relation: "≤" | "≥" | "=";
  bound: number;
  unit?: string;
  why?: string;
}

export function holds(goal: Goal): boolean | null {
  if (goal.value === null) return null;
  if (goal.relation === "=") return goal.value === goal.bound;
  return goal.relation === "≤"
    ? goal.value <= goal.bound
    : goal.value >= goal.bound;
}

/** `lock: hand-off median vs InterProcessSemaphoreV2 0.92 (goal ≤ 1.0) holds` */
export function sentence(bench: string, goal: Goal): string {
  const unit = goal.unit ? ` ${goal.unit}` : "";
  const bound = Number.isInteger(goal.bound)
    ? goal.bound.toFixed(goal.bound < 10 && !goal.unit ? 1 : 0)
    : String(goal.bound);
  const promise = `(goal ${goal.relation} ${bound}${unit})`;
  if (goal.value === null)
    return `${bench}: ${goal.what} not measured ${promise}: ${goal.why ?? "no values"}`;
  const value = goal.value.toFixed(goal.value < 100 ? 2 : 0);
  const verdict = holds(goal) ? "holds" : "misses";
  return `${bench}: ${goal.what} ${value}${unit} ${promise} ${verdict}`;
}

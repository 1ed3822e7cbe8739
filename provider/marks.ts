import type { Plan } from "./plan";
import { digest } from "./run-key";

/** Hashes of the parts whose change is an update that touches no host. */
export interface Marks {
  process?: string;
  onlyIf?: string;
  gate?: string;
  health?: string;
  drain?: string;
  undrain?: string;
}

export const MARKED = [
  "process",
  "onlyIf",
  "gate",
  "health",
  "drain",
  "undrain",
] as const satisfies (keyof Marks)[];

/** What counts of each part: not its timeout, interval or password. */
export function marksOf(plan: Pick<Plan, keyof Marks>): Marks {
  const marks: Marks = {};
  for (const key of MARKED) {
    const part = plan[key];
    if (!part) continue;
    if (key === "process") {
      marks.process = digest(part, 12);
      continue;
    }
    const { command, sudo, minHealthy } = part as NonNullable<Plan["health"]>;
    const counts = {
      command,
      sudo: sudo || false,
      minHealthy: minHealthy ?? 0,
    };
    marks[key] = digest(counts, 12);
  }
  return marks;
}

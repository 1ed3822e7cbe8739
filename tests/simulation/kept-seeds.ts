import type { Kind } from "./course/plan";

/** Courses in which a guarantee was once broken, by the code or by a change that was being made to it. */
export const KEPT_SEEDS: { seed: number; kind: Kind; once: string }[] = [];

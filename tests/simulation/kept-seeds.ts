import type { Kind } from "./course/plan";

/** Courses in which a guarantee was once broken, by the code or by a change that was being made to it; or seemed to be, to the checks. */
export const KEPT_SEEDS: { seed: number; kind: Kind; once: string }[] = [
  {
    seed: 1003104,
    kind: "chef",
    once: "two left without the Chef lock in one slot wait for each other: no lost wake-up",
  },
  {
    seed: 1004559,
    kind: "operators",
    once: "a slot that was emptied by hand is not a second slot of its group",
  },
  {
    seed: 1005891,
    kind: "chef",
    once: "a sign of life of a lost session, on its way when the holder failed, goes with that session",
  },
  {
    seed: 631,
    kind: "faults",
    once: "the same of an abandoned holder",
  },
  {
    seed: 1283,
    kind: "faults",
    once: "the same of one that failed over the next session",
  },
  {
    seed: 2001233,
    kind: "chef",
    once: "a Chef node whose last answer was lost left its lock: no fault of ours",
  },
  {
    seed: 2047864,
    kind: "chef",
    once: "the same, where it read from a server that lagged",
  },
  {
    seed: 2081303,
    kind: "chef",
    once: "an adoption waits for a Chef lock that a Chef node has: no lost wake-up",
  },
];

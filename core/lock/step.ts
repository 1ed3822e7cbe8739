import type { Grant } from "./grant";

/** What an attempt does next, in the words of lock.md §3; or the end of it. */
export type Step =
  "FAST" | "QUEUE" | "LIST" | "EVAL" | "WAIT" | { grant: Grant };

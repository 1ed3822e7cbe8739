import type { Context } from "./context";

/** Waiters that a page tells of: who reads it wants to know who is next. */
const TOLD = 100;

type Form = Pick<Context, "json" | "wide">;

/** How many waiters of a lock are read to tell of it: all where all is asked for. */
export const waitersToRead = ({ json, wide }: Form): number =>
  json || wide ? Infinity : TOLD;

/** The same for a row of a table: it counts them, and tells of the first. */
export const waitersToCount = ({ json }: Form): number => (json ? Infinity : 1);

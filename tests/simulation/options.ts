import { parseArgs } from "node:util";
import { KINDS, type Kind } from "./course/plan";

export const HELP = `npm run simulate -- [options]

Runs the lock in virtual time over a ZooKeeper in memory, one course of events
for each seed, and holds every transaction to the lock's guarantees.

  --seconds S   how long to go on (default 60)
  --count N     how many courses at most
  --from SEED   the first seed (default 1)
  --only KIND   light, chef, operators or faults: courses of this kind alone
  --first       stop at the first violation
  --seed SEED   this one alone, with its trace
  --mutants [NAME]
                takes each rule out of a copy of the code (or those whose name
                begins so), and says how soon its absence is found
  --help`;

export interface Options {
  seconds: number;
  count: number;
  from: number;
  only: Kind | null;
  seed: number | null;
  first: boolean;
  /** Null: not asked for; else the names of those to hunt begin so. */
  mutants: string | null;
}

/** @throws Error that says what is wrong; null: help is asked for */
export function readOptions(args: string[]): Options | null {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seconds: { type: "string", default: "60" },
      count: { type: "string" },
      from: { type: "string", default: "1" },
      only: { type: "string" },
      seed: { type: "string" },
      first: { type: "boolean", default: false },
      mutants: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const only = values.only as Kind | undefined;
  if (only !== undefined && !KINDS.includes(only))
    throw new Error(`--only: expected one of ${KINDS.join(", ")}, got ${only}`);
  const number = (name: "seconds" | "count" | "from" | "seed") => {
    const text = values[name];
    if (text === undefined) return null;
    if (!/^\d{1,9}$/.test(text))
      throw new Error(`--${name}: expected a number, got ${text}`);
    return Number(text);
  };
  return {
    seconds: number("seconds")!,
    count: number("count") ?? Infinity,
    from: number("from")!,
    only: only ?? null,
    seed: number("seed"),
    first: values.first,
    mutants: values.mutants ? (positionals[0] ?? "") : null,
  };
}

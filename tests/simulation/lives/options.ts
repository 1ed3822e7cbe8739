import { parseArgs } from "node:util";

export const HELP = `Lives random lives of stacks: ups, edits, kills, lost links, reboots, operators; the
real provider, steps, scheduler and lock, over a ZooKeeper and hosts in memory, in virtual
time. Each life is held to what a person would say is due. One seed is one life.

  --seconds S   so long (default 60)
  --count N     no more lives than that
  --from SEED   the first seed (default 1)
  --seeds A,B   these lives alone
  --show N      lives told of those that broke a rule (default 1)
  --lines N     of each, its last N lines (default 60)
  --first       stop at the first violation
  --mutants [NAME]
                puts each fault that was once there back into a copy of the code (or
                those whose name begins so), and says how soon lives find it
  --help

Exits with 1 if a rule was broken.`;

export interface LivesOptions {
  seconds: number;
  count: number;
  from: number;
  seeds: number[];
  show: number;
  lines: number;
  first: boolean;
  /** Null: not asked for; else the names of those to hunt begin so. */
  mutants: string | null;
}

/** What the command line asks for; null: the help. @throws Error that says what is wrong with it */
export function readOptions(args: string[]): LivesOptions | null {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seconds: { type: "string", default: "60" },
      count: { type: "string", default: "1000000000" },
      from: { type: "string", default: "1" },
      seeds: { type: "string", default: "" },
      show: { type: "string", default: "1" },
      lines: { type: "string", default: "60" },
      first: { type: "boolean", default: false },
      mutants: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const number = (name: string, text: string) => {
    if (!/^\d+$/.test(text))
      throw new Error(`--${name} ${text}: expected a whole number`);
    return Number(text);
  };
  const { seconds, count, from, show, lines } = values;
  const seeds = values.seeds.split(",").filter((text) => text !== "");
  return {
    seconds: number("seconds", seconds),
    count: number("count", count),
    from: number("from", from),
    seeds: seeds.map((seed) => number("seeds", seed)),
    show: number("show", show),
    lines: number("lines", lines),
    first: values.first,
    mutants: values.mutants ? (positionals[0] ?? "") : null,
  };
}

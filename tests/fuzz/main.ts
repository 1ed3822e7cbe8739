/** npm run fuzz: whatever comes, by seeds, for as long as one likes. */
import { parseArgs } from "node:util";
import { PROPERTIES } from "./properties";
import { broken } from "./property";

export const HELP = `npm run fuzz -- [options]

Gives the parsers, the checks of inputs and the sessions with ZooKeeper and hosts
whatever may come, and holds them to it: no exception, no hang, no memory.

  --minutes N   how long to go on (default 1)
  --seed SEED   the first seed (default: of the clock); each round has the next
  --runs N      examples of each property in a round (default: as in the suite)
  --only TEXT   properties with this in their names
  --help`;

interface Options {
  minutes: number;
  seed: number;
  runs: number | null;
  only: string;
}

/** @throws Error that says what is wrong; null: help is asked for */
export function readOptions(args: string[]): Options | null {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "1" },
      seed: { type: "string" },
      runs: { type: "string" },
      only: { type: "string", default: "" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const number = (name: "minutes" | "seed" | "runs") => {
    const text = values[name];
    if (text === undefined) return null;
    if (!/^\d{1,9}$/.test(text))
      throw new Error(`--${name}: expected a number, got ${text}`);
    return Number(text);
  };
  return {
    minutes: number("minutes")!,
    seed: number("seed") ?? Math.floor(Date.now() / 1000) % 1_000_000_000,
    runs: number("runs"),
    only: values.only,
  };
}

/** Returns how many properties were broken. */
async function fuzz({ minutes, seed, runs, only }: Options): Promise<number> {
  const chosen = PROPERTIES.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) throw new Error(`--only: no property has ${only}`);
  const end = performance.now() + minutes * 60_000;
  const stops = await Promise.all(
    chosen.map(({ start }) => start?.() ?? (() => Promise.resolve())),
  );
  let [round, examples, failures] = [0, 0, 0];
  try {
    do {
      for (const property of chosen) {
        const count = runs ?? property.runs;
        const why = await broken(property, seed + round, count);
        examples += count;
        if (why === null) continue;
        failures++;
        console.log(`✖ ${property.name}: ${why}\n`);
      }
      round++;
    } while (performance.now() < end);
  } finally {
    await Promise.all(stops.map((stop) => stop()));
  }
  console.log(
    `${chosen.length} properties, ${examples} examples, seeds ${seed} to ${seed + round - 1}: ${failures} broken`,
  );
  return failures;
}

export async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options) return (await fuzz(options)) === 0 ? 0 : 1;
    console.log(HELP);
    return 0;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
}

if (require.main === module)
  void main(process.argv.slice(2)).then((code) => process.exit(code));

/** npm run chaos -- run: `locked-action run` from two PID namespaces, killed at random; never two at work. */
import { parseArgs } from "node:util";
import { runStorm } from "./storm";

export const HELP = `npm run chaos -- run [options]

Starts \`locked-action run\` again and again for one owner, from two PID namespaces,
and kills a third of the runs. The commands tell when they work, and an observer
looks at all processes: never do two work at once.

  --cycles N    runs in all (default 500)
  --seed N      of the dice (default: another one each time; it is printed)
  --help

Exits with 1 on a violation. Needs root, for the namespace.`;

/** @throws Error that says what is wrong; null: help is asked for */
export function readOptions(
  args: string[],
): { cycles: number; seed: number } | null {
  const { values } = parseArgs({
    args,
    options: {
      cycles: { type: "string", default: "500" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const number = (name: "cycles" | "seed") => {
    if (!/^\d{1,9}$/.test(values[name]))
      throw new Error(`--${name} ${values[name]}: expected a whole number`);
    return Number(values[name]);
  };
  return { cycles: number("cycles"), seed: number("seed") };
}

export async function main(args: string[]): Promise<number> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (!options) {
    console.log(HELP);
    return 0;
  }
  console.log(`${options.cycles} runs, seed ${options.seed}`);
  const { violations, begun, seen, counts } = await runStorm({
    ...options,
    onProgress: (count) => {
      if (count % 50 === 0) console.log(`  ${count} runs`);
    },
  });
  const list = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  console.log(list.map(([what, count]) => `${what}: ${count}`).join(", "));
  console.log(`${begun} commands were begun, ${seen} looks saw one at work`);
  for (const what of violations.slice(0, 20)) console.log(`✖ ${what}`);
  console.log(
    violations.length === 0
      ? "✔ never two at once"
      : `✖ ${violations.length} violations`,
  );
  return violations.length === 0 ? 0 : 1;
}

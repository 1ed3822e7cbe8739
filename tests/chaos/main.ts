/** npm run chaos: the lock under random faults, and a proof from what was written that it kept its promises. */
import { optionsOr } from "../support/options";
import { HELP, readOptions } from "./options";
import { runChaos } from "./run";
import { main as runs } from "./runs/main";

async function main(args: string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === "run") return runs(rest);
  const read = optionsOr(readOptions, args, HELP);
  if ("code" in read) return read.code;
  const { options } = read;
  const { cycles, seed, ensemble } = options;
  const where = ensemble ? "an ensemble of three" : "one server";
  console.log(`${cycles} cycles on ${where}, seed ${seed}`);
  let told = 0;
  const result = await runChaos({
    ...options,
    onProgress: (count) => {
      if (count - told < Math.max(500, cycles / 20)) return;
      told = count;
      console.log(`  ${count} cycles`);
    },
  });
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  console.log(`faults:  ${list(result.faults)}`);
  console.log(`clients: ${list(result.deeds)}`);
  console.log(
    `${result.cycles} cycles, ${result.transactions} transactions, ${Math.round(result.seconds)} s`,
  );
  for (const { rule, what } of result.violations.slice(0, 20))
    console.log(`✖ ${rule}: ${what}`);
  const count = result.violations.length;
  console.log(count === 0 ? "✔ no violation" : `✖ ${count} violations`);
  return count === 0 ? 0 : 1;
}

if (require.main === module)
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      console.error(error);
      process.exitCode = 2;
    },
  );

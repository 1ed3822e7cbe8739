/** npm run chaos: the lock under random faults, and a proof from what was written that it kept its promises. */
import { parseArgs } from "node:util";
import { runChaos } from "./run";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cycles: { type: "string", default: "10000" },
      seed: { type: "string" },
      ensemble: { type: "boolean", default: false },
      clients: { type: "string", default: "4" },
      workers: { type: "string", default: "10" },
    },
  });
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const cycles = Number(values.cycles);
  const where = values.ensemble ? "an ensemble of three" : "one server";
  console.log(`${cycles} cycles on ${where}, seed ${seed}`);
  let told = 0;
  const result = await runChaos({
    cycles,
    seed,
    ensemble: values.ensemble,
    clients: Number(values.clients),
    workers: Number(values.workers),
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
  process.exitCode = count === 0 ? 0 : 1;
}

if (require.main === module) void main();

/** npm run chaos -- ssh: acts over links that are cut at random, and a comparison of what was told with what ran. */
import { parseArgs } from "node:util";
import { runActs } from "./acts";
import { SERVERS, whyNot, type Server } from "./server";

const HELP = `Runs acts on hosts over SSH links that are cut at random, and compares what was told of
each with what its body wrote on the host: as many ran as were told to have begun, a success is an exit 0,
and nothing that ran is told as "not begun".

  --acts N      under each server (default 200)
  --seed N      of the dice (default: another one each time; it is printed)
  --server S    ${SERVERS.join(", ")} (default: all of them)
  --help

Exits with 1 on a violation.`;

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      acts: { type: "string", default: "200" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      server: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [acts, seed] = [Number(values.acts), Number(values.seed)];
  const servers = SERVERS.filter((name) => (values.server ?? name) === name);
  if (!(acts >= 1) || !(seed >= 0) || servers.length === 0) {
    console.error(HELP);
    return 2;
  }
  let violations = 0;
  for (const server of servers) violations += await tell(server, acts, seed);
  return violations === 0 ? 0 : 1;
}

async function tell(
  server: Server,
  acts: number,
  seed: number,
): Promise<number> {
  const why = whyNot(server);
  if (why) {
    console.log(`${server}: skipped: ${why}`);
    return 0;
  }
  const began = performance.now();
  const report = await runActs({ server, acts, seed });
  const seconds = Math.round((performance.now() - began) / 1000);
  const told = Object.entries(report.told)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`);
  console.log(
    `${server}: ${acts} acts, seed ${seed}, ${report.cuts} cuts, ${report.ran} bodies ran: ${told.join(", ")} (${seconds} s)`,
  );
  for (const what of report.violations.slice(0, 20)) console.log(`✖ ${what}`);
  return report.violations.length;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 2;
  },
);

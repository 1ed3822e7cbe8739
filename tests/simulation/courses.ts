/** The real lock in virtual time, by seeds: what `main.ts` runs as one file. */
import "./zookeeper";
import { KINDS, kindOf, type Kind } from "./course/plan";
import { runCourse, type Outcome } from "./course/run";
import type { Options } from "./options";
import { inMacrotask } from "./time/world";

/** Failures of which the trace is printed. */
const TOLD = 3;

/** So many courses have a grant among them, or the lock does not work. */
const ENOUGH = 20;

const list = (counts: Map<string, number>): string =>
  [...counts].map(([name, count]) => `${name} ${count}`).join(", ");

const command = ({ plan }: Outcome): string =>
  `npm run simulate -- --seed ${plan.seed} --only ${plan.kind}`;

function tell(outcome: Outcome): void {
  const { plan, violations, trace } = outcome;
  const { kind, limits, turns, servers } = plan;
  const { maxHolders, maxPerGroup, maxFailures } = limits;
  console.log(
    `seed ${plan.seed} (${kind}): N ${maxHolders}, a group ${maxPerGroup ?? "any"}, failures ${maxFailures}, ${turns.length} processes, ${servers} server(s)`,
  );
  for (const line of trace) console.log(line);
  for (const { rule, what, time } of violations)
    console.log(`✖ ${rule}: ${what} (at ${time.toFixed(2)} ms)`);
  console.log(`  repeat it: ${command(outcome)}`);
}

/** Courses in the order of their seeds; returns how many broke a guarantee. */
async function simulate({
  seconds,
  count,
  from,
  only,
  first,
}: Options): Promise<number> {
  const kinds = new Map<string, number>(KINDS.map((kind) => [kind, 0]));
  const rules = new Map<string, number>();
  const began = performance.now();
  const over = () => performance.now() - began > seconds * 1000;
  let courses = 0;
  let grants = 0;
  let transactions = 0;
  let failures = 0;
  let seed = from;
  while (courses < count && !over() && !(first && failures > 0)) {
    const kind: Kind = only ?? kindOf(seed);
    const outcome = await inMacrotask(() => runCourse(seed, kind));
    seed += 1;
    courses += 1;
    kinds.set(kind, kinds.get(kind)! + 1);
    grants += outcome.grants;
    transactions += outcome.transactions;
    if (outcome.violations.length === 0) continue;
    failures += 1;
    const { rule } = outcome.violations[0]!;
    rules.set(rule, (rules.get(rule) ?? 0) + 1);
    if (failures <= TOLD && !first)
      tell(await inMacrotask(() => runCourse(seed - 1, kind, true)));
    else console.log(`✖ ${rule}: ${command(outcome)}`);
  }
  const took = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage();
  const busy = (user + system) / 1e6;
  console.log(
    `${courses} courses (${list(kinds)}), seeds ${from} to ${seed - 1}, ${grants} grants, ${transactions} transactions`,
  );
  console.log(
    `${took.toFixed(1)} s: ${Math.round(courses / took)} courses a second, ${Math.round(courses / busy)} a second of CPU`,
  );
  if (grants === 0 && courses >= ENOUGH)
    throw new Error("nothing was simulated: nobody got the lock in any course");
  if (failures === 0) console.log("✔ no violation");
  else console.log(`✖ ${failures} courses with violations: ${list(rules)}`);
  return failures;
}

/** @returns 0, or 1 if a guarantee was broken */
export async function run(options: Options): Promise<number> {
  Error.stackTraceLimit = 0; // refusals are thrown by the thousand
  const { seed, only } = options;
  if (seed === null) return (await simulate(options)) === 0 ? 0 : 1;
  const outcome = await inMacrotask(() =>
    runCourse(seed, only ?? kindOf(seed), true),
  );
  tell(outcome);
  return outcome.violations.length === 0 ? 0 : 1;
}

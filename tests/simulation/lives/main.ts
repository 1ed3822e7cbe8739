/** npm run simulate -- lives: random lives of stacks, and what a person would say of each. */
import { tables } from "./cells";
import { inMacrotask } from "../time/world";
import { optionsOr } from "../../support/options";
import { huntAll } from "../mutants/hunt";
import { LIVES } from "../mutants/mutated";
import { MUTANTS } from "./mutants";
import { live, type LifeResult } from "./life";
import { HELP, readOptions, type LivesOptions } from "./options";

function* seedsOf({ seeds, from, count }: LivesOptions): Generator<number> {
  if (seeds.length > 0) yield* seeds;
  else for (let i = 0; i < count; i++) yield from + i;
}

/** The life as a person would tell it, and how to live it again. */
export function storyOf(result: LifeResult, lines: number): string {
  const { seed, story, violations } = result;
  return [
    ...story.slice(-lines).map((line) => `  ${line}`),
    ...violations.map(({ rule, what }) => `✖ ${rule}: ${what}`),
    `  again: npm run simulate -- lives --seeds ${seed}`,
  ].join("\n");
}

async function main(args: string[]): Promise<number> {
  const read = optionsOr(readOptions, args, HELP);
  if ("code" in read) return read.code;
  const { options } = read;
  if (options.mutants !== null) return huntAll(MUTANTS, LIVES, options);
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  const seconds = () => (performance.now() - begun) / 1000;
  const broken = new Map<string, number[]>();
  const sum = { lives: 0, ups: 0, acts: 0, violations: 0 };
  for (const seed of seedsOf(options)) {
    if (seconds() > options.seconds) break;
    const result = await inMacrotask(() => live(seed));
    sum.lives += 1;
    sum.ups += result.ups;
    sum.acts += result.acts;
    const [first] = result.violations;
    if (!first) continue;
    sum.violations += 1;
    if (options.first) {
      console.log(`✖ ${first.rule}: ${first.what} (seed ${seed})`);
      return 1;
    }
    broken.set(first.rule, [...(broken.get(first.rule) ?? []), seed]);
    if (sum.violations <= options.show)
      console.log(storyOf(result, options.lines));
  }
  for (const [rule, seeds] of broken)
    console.log(
      `✖ ${rule}: ${seeds.length} lives, seeds ${seeds.slice(0, 12).join(", ")}`,
    );
  const { lives, ups, acts, violations } = sum;
  const took = seconds();
  const worked = process.cpuUsage(cpu).user / 1e6;
  console.log(
    `${lives} lives, ${ups} ups, ${acts} acts, ${took.toFixed(1)} s (${worked.toFixed(1)} s of processor), ${(lives / took).toFixed(1)} lives/s`,
  );
  for (const table of tables) console.log(table.line());
  console.log(
    violations === 0 ? "✔ no violation" : `✖ ${violations} violations`,
  );
  return violations === 0 ? 0 : 1;
}

if (require.main === module)
  void main(process.argv.slice(2)).then((code) => (process.exitCode = code));

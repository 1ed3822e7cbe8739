/** The model by hand: `npx tsx tests/model/main.ts --help`. */
import { parseArgs } from "node:util";
import type { Configuration } from "./configuration";
import { FULL, SUITE } from "./configurations";
import type { Result } from "./explore";
import { VIOLATIONS } from "./invariants";
import { MISSING } from "./missing";
import { exploreAll, type Job } from "./pool";
import { isRule, RULES, ruleNames, type Rule } from "./rules";

const HELP = `Explores the lock protocol exhaustively.

  --full            the larger configurations too
  --config NAME     only those whose name contains NAME (of all)
  --without RULE    take a rule of the protocol out; alone, where its absence shows
  --max-states N    stop a configuration there (default 12000000)
  --list            names of configurations and rules
  --json            one JSON object a line

Exits with 1 on a violation.`;

function describe(result: Result): string {
  const { violation } = result;
  const end = violation
    ? `VIOLATION ${violation}: ${VIOLATIONS[violation]}`
    : result.exhausted
      ? "exhausted"
      : "stopped at the limit, no violation so far";
  const lines = [
    result.configuration,
    `  ${String(result.states)} states, ${String(result.steps)} steps, ` +
      `${result.seconds.toFixed(1)} s: ${end}`,
  ];
  result.story.forEach((line, i) => {
    const last = i === result.story.length - 1;
    lines.push(`  ${last ? "   " : `${String(i + 1).padStart(2)}.`} ${line}`);
  });
  return lines.join("\n");
}

function list(): string {
  const named = (title: string, all: readonly Configuration[]) =>
    [`${title}:`, ...all.map((k) => `  ${k.name}`)].join("\n");
  const rules = ruleNames().map((rule) => `  ${rule}: ${RULES[rule]}`);
  return [
    named("Suite", SUITE),
    named("Full", FULL),
    ["Rules:", ...rules].join("\n"),
  ].join("\n\n");
}

function chosen(
  config: string | undefined,
  full: boolean,
  without: readonly Rule[],
): Configuration[] {
  const all = [...SUITE, ...FULL];
  if (config !== undefined) return all.filter((k) => k.name.includes(config));
  const [rule] = without;
  if (rule && !full) return [MISSING[rule].configuration];
  return full ? all : SUITE;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      full: { type: "boolean", default: false },
      config: { type: "string" },
      without: { type: "string", multiple: true, default: [] },
      "max-states": { type: "string", default: "12000000" },
      list: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help || values.list) {
    console.log(values.help ? HELP : list());
    return 0;
  }
  const without = values.without.filter(isRule);
  const unknown = values.without.filter((name) => !isRule(name));
  const configurations = chosen(values.config, values.full, without);
  const maxStates = Number(values["max-states"]);
  if (unknown.length > 0 || configurations.length === 0 || !(maxStates > 0)) {
    console.error(`${HELP}\n\nNothing to explore; see --list.`);
    return 2;
  }
  const jobs: Job[] = configurations.map((configuration) => ({
    configuration,
    options: { without, maxStates },
  }));
  const results = await exploreAll(jobs, (result) => {
    console.log(values.json ? JSON.stringify(result) : describe(result));
  });
  const states = results.reduce((sum, result) => sum + result.states, 0);
  const broken = results.filter((result) => result.violation !== null).length;
  if (!values.json)
    console.log(
      `${String(results.length)} configuration(s), ${String(states)} states, ` +
        `${String(broken)} violation(s)`,
    );
  return broken > 0 ? 1 : 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error & { code?: string }) => {
    const isOption = error.code?.startsWith("ERR_PARSE_ARGS");
    console.error(isOption ? `${error.message}\n\n${HELP}` : error);
    process.exitCode = 2;
  },
);

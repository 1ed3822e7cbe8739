import { parseArgs } from "node:util";

export interface Options {
  /** Fewer and shorter runs: a look, not a proof. */
  quick: boolean;
  /** One JSON document on stdout in the place of the table. */
  json: boolean;
  /** How often everything is measured, ours and the peers in turn. */
  runs: number;
  /** Only these questions of the bench; none: all. */
  only: string[];
}

/** @param defaults runs of the bench, full and with `--quick` */
export function parseOptions(
  argv: string[],
  defaults = { full: 5, quick: 3 },
): Options {
  const { values } = parseArgs({
    args: argv,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      runs: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
    },
  });
  const runs = values.runs ?? (values.quick ? defaults.quick : defaults.full);
  if (!/^[1-9]\d{0,3}$/.test(String(runs)))
    throw new Error(`--runs: expected a number from 1 to 9999, got ${runs}`);
  const { quick, json, only } = values;
  return { quick, json, runs: Number(runs), only };
}

import { parseArgs } from "node:util";

export interface Options {
  /** Fewer and shorter runs: a look, not a proof. */
  quick: boolean;
  /** One JSON document on stdout in the place of the table. */
  json: boolean;
  /** How often everything is measured, ours and the peers in turn. */
  runs: number;
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
    },
  });
  const runs = values.runs ?? (values.quick ? defaults.quick : defaults.full);
  if (!/^[1-9]\d{0,3}$/.test(String(runs)))
    throw new Error(`--runs: expected a number from 1 to 9999, got ${runs}`);
  return { quick: values.quick, json: values.json, runs: Number(runs) };
}

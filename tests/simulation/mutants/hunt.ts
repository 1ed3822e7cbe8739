import type { Options } from "../options";
import { MUTANTS } from "./mutants";
import { hunt } from "./mutated";

/** Hunts each mutant and prints how soon it was found; 1 if one was not. */
export async function huntAll({
  seconds,
  from,
  mutants,
}: Options): Promise<number> {
  let missed = 0;
  for (const mutant of MUTANTS) {
    if (!mutant.name.startsWith(mutants ?? "")) continue;
    const { found, seconds: took } = await hunt(mutant, { seconds, from });
    const said = found ?? "NOT FOUND";
    if (found === null) missed += 1;
    console.log(
      `${mutant.name.padEnd(46)}  ${took.toFixed(1).padStart(6)} s  ${said}`,
    );
  }
  console.log(missed === 0 ? "✔ all found" : `✖ ${missed} not found`);
  return missed === 0 ? 0 : 1;
}

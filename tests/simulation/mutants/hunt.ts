import type { Mutant } from "./mutants";
import { hunt, type Simulation } from "./mutated";

/** Hunts each mutant and prints how soon it was found; 1 if one was not. */
export async function huntAll(
  all: Mutant[],
  simulation: Simulation,
  {
    seconds,
    from,
    mutants,
  }: { seconds: number; from: number; mutants: string | null },
): Promise<number> {
  let missed = 0;
  for (const mutant of all) {
    if (!mutant.name.startsWith(mutants ?? "")) continue;
    const {
      found,
      courses,
      seconds: took,
    } = await hunt(mutant, { seconds, from }, simulation);
    const said = found ?? "NOT FOUND";
    if (found === null) missed += 1;
    console.log(
      `${mutant.name.padEnd(46)}  ${took.toFixed(1).padStart(6)} s  after ${String(courses ?? "?").padStart(6)}  ${said}`,
    );
  }
  console.log(missed === 0 ? "✔ all found" : `✖ ${missed} not found`);
  return missed === 0 ? 0 : 1;
}

import { OURS, type Question } from "../frame";
import type { Ground } from "./ground";
import { Simulation } from "./simulation";

const HOSTS = 100;
const WIDTH = 10;
/** Milliseconds. */
const ACT = 100;
const IDEAL = "its actions alone, one after the other";

/** How long a roll takes against what its actions take by themselves. */
export function makespan({ bench, server }: Ground): Question {
  const what = `${HOSTS} actions of ${ACT} ms, ${WIDTH} at once`;
  const figure = bench.figure(what, "ms");
  const alone = bench.figure(`one action of ${ACT} ms`, "ms");
  let simulation: Simulation | null = null;

  return {
    async measure() {
      if (!simulation) {
        simulation = await Simulation.open(server.connect, { act: ACT });
        bench.progress("warms up");
        await simulation.roll(HOSTS, WIDTH);
      }
      const one: number[] = [];
      for (let i = 0; i < WIDTH; i++) one.push(await simulation.alone());
      const mean = one.reduce((sum, value) => sum + value, 0) / one.length;
      alone.add(OURS, mean);
      const { makespan } = await simulation.roll(HOSTS, WIDTH);
      figure.add(OURS, makespan);
      figure.add(IDEAL, (HOSTS / WIDTH) * mean);
    },
    async judge() {
      await simulation?.close();
      bench.goal({
        what: `${what} vs ${HOSTS / WIDTH} × one alone`,
        ...figure.judged(IDEAL),
        relation: "≤",
        bound: 1.05,
      });
    },
  };
}

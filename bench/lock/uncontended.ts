import { OURS, type Question } from "../frame";
import type { Arena } from "./arena";
import { FLOOR_ALONE, KAZOO_LOCK, MUTEX, SEMAPHORE_V2 } from "./parties";

const PARTIES = [OURS, FLOOR_ALONE, MUTEX, SEMAPHORE_V2, KAZOO_LOCK];

/** A lock that nobody else wants, taken and given back again and again. */
export function uncontended(arena: Arena): Question {
  const { bench } = arena;
  const figure = bench.figure("uncontended acquire + release", "/s");
  const millis = bench.options.quick ? 700 : 2000;
  return {
    async measure(run) {
      for (const party of arena.inTurn(PARTIES, run)) {
        const [process] = arena.processesOf(party);
        const path = arena.freshPath(party);
        const [count, micros] = await process!.ask(
          ...["spin", party.kind, path, 1, millis],
        );
        figure.add(party.name, (Number(count) / Number(micros)) * 1e6);
      }
    },
    judge() {
      bench.goal({
        what: `uncontended acquire + release per second vs ${MUTEX}${figure.besides(FLOOR_ALONE, MUTEX)}`,
        ...figure.judged(MUTEX),
        relation: "≥",
        bound: 1.2,
      });
    },
  };
}

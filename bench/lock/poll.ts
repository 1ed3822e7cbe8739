import { median, OURS, ratiosOf, summarize, type Question } from "../frame";
import type { Arena } from "./arena";
import { handOffs, takeTurns } from "./fleet";
import { COOKBOOK } from "./parties";

const PARTIES = [OURS, COOKBOOK];
const WAITERS = 10;
const HOLD = 5;
const BOUND = 50;

/** Against the way of the cookbook: a poll each 250 ms, a session for each operation. */
export function poll(arena: Arena): Question {
  const { bench } = arena;
  const figure = bench.figure(`hand-off, ${WAITERS} waiters`, "ms");
  return {
    async measure(run) {
      for (const party of arena.inTurn(PARTIES, run)) {
        const processes = arena.processesOf(party);
        const times = handOffs(
          await takeTurns({
            party,
            processes,
            gate: processes[0]!,
            observer: arena.observer,
            path: arena.freshPath(party),
            waiters: WAITERS,
            hold: HOLD,
            window: bench.options.quick ? 2000 : 4000,
          }),
          party.name,
        );
        figure.add(party.name, median(times));
      }
    },
    judge() {
      const spread = summarize(ratiosOf(figure.of(COOKBOOK), figure.of(OURS)));
      bench.goal({
        what: `times faster than the cookbook's hand-off, ${WAITERS} waiters`,
        value: spread.median,
        spread,
        relation: "≥",
        bound: BOUND,
      });
    },
  };
}

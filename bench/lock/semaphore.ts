import { setTimeout as pause } from "node:timers/promises";
import { OURS, type Question } from "../frame";
import type { Party } from "../peers/party";
import type { Arena } from "./arena";
import { KAZOO_SEMAPHORE, SEMAPHORE_V2 } from "./parties";

const PARTIES = [OURS, SEMAPHORE_V2, KAZOO_SEMAPHORE];
const SLOTS = 10;
const CONTENDERS = 100;
const SETTLE = 500;

/** Ten slots, a hundred who want one, nobody holds on to it: how many get their turn. */
export function semaphore(arena: Arena): Question {
  const { bench } = arena;
  const figure = bench.figure(
    `semaphore of ${SLOTS}, ${CONTENDERS} contenders`,
    "/s",
  );
  const window = bench.options.quick ? 1000 : 3000;

  async function throughput(party: Party): Promise<number> {
    const [process] = arena.processesOf(party);
    const path = arena.freshPath(party);
    await process!.ask("contend", party.kind, path, SLOTS, CONTENDERS, 0);
    await pause(SETTLE);
    const begin = await process!.time("now");
    await pause(window);
    const end = await process!.time("now");
    const turns = await process!.stop();
    const inWindow = turns.filter(
      ({ acquired }) => acquired >= begin && acquired < end,
    );
    return (inWindow.length / (end - begin)) * 1e6;
  }

  return {
    async measure(run) {
      for (const party of arena.inTurn(PARTIES, run))
        figure.add(party.name, await throughput(party));
    },
    judge() {
      bench.goal({
        what: `throughput of a semaphore of ${SLOTS} vs ${SEMAPHORE_V2}`,
        ...figure.judged(SEMAPHORE_V2),
        relation: "≥",
        bound: 2,
      });
    },
  };
}

import {
  median,
  OURS,
  quantile,
  ratiosOf,
  summarize,
  type Figure,
  type Question,
} from "../frame";
import type { Arena } from "./arena";
import { handOffs, takeTurns } from "./fleet";
import { FLOOR, KAZOO_LOCK, MUTEX, SEMAPHORE_V2 } from "./parties";

const PARTIES = [OURS, FLOOR, MUTEX, SEMAPHORE_V2, KAZOO_LOCK];
const WAITERS = [2, 10, 100, 500];
const PROCESSES = [1, 4];
const HOLD = 5;

/** The peers and how much of their time ours may take. */
const BOUNDS: [peer: string, bound: number][] = [
  [SEMAPHORE_V2, 1.0],
  [MUTEX, 1.5],
  [KAZOO_LOCK, 1.0],
];
const FLAT = 1.5;

interface Cell {
  waiters: number;
  processes: number;
  median: Figure;
  p99: Figure;
}

const inProcesses = (count: number) =>
  count === 1 ? "1 process" : `${count} processes`;

/** From the begin of a release to the moment the next one has the lock. */
export function handOff(arena: Arena): Question {
  const { bench } = arena;
  const window = bench.options.quick ? 700 : 1500;
  const cells: Cell[] = PROCESSES.flatMap((processes) =>
    WAITERS.map((waiters) => {
      const where = `${waiters} waiters, ${inProcesses(processes)}`;
      return {
        waiters,
        processes,
        median: bench.figure(`hand-off median, ${where}`, "ms"),
        p99: bench.figure(`hand-off p99, ${where}`, "ms"),
      };
    }),
  );

  async function measure(cell: Cell, run: number): Promise<void> {
    for (const party of arena.inTurn(PARTIES, run)) {
      const processes = arena.processesOf(party, cell.processes);
      const times = handOffs(
        await takeTurns({
          party,
          processes,
          gate: processes[0]!,
          observer: arena.observer,
          path: arena.freshPath(party),
          waiters: cell.waiters,
          hold: HOLD,
          window,
        }),
        party.name,
      );
      cell.median.add(party.name, median(times));
      cell.p99.add(party.name, quantile(times, 0.99));
    }
  }

  return {
    async measure(run) {
      for (const cell of cells) await measure(cell, run);
    },
    judge() {
      for (const processes of PROCESSES) {
        const row = cells.filter((cell) => cell.processes === processes);
        for (const which of ["median", "p99"] as const)
          for (const [peer, bound] of BOUNDS)
            judgeWorst(arena, row, which, peer, bound);
        judgeFlat(arena, row);
      }
    },
  };
}

/** One goal for all lengths of the queue: the one where ours does worst. */
function judgeWorst(
  { bench }: Arena,
  row: Cell[],
  which: "median" | "p99",
  peer: string,
  bound: number,
): void {
  const judged = row.map((cell) => ({ cell, ...cell[which].judged(peer) }));
  const worst = judged.reduce((a, b) =>
    (b.value ?? -Infinity) > (a.value ?? -Infinity) ? b : a,
  );
  const { cell, ...verdict } = worst;
  bench.goal({
    what: `hand-off ${which} vs ${peer}, ${inProcesses(cell.processes)}, worst of ${WAITERS.join("/")} waiters (${cell.waiters})${cell[which].besides(FLOOR, peer)}`,
    ...verdict,
    relation: "≤",
    bound,
  });
}

function judgeFlat({ bench }: Arena, row: Cell[]): void {
  const [short, long] = [row[0]!, row[row.length - 1]!];
  const spread = summarize(
    ratiosOf(long.median.of(OURS), short.median.of(OURS)),
  );
  bench.goal({
    what: `hand-off median of ${long.waiters} waiters vs ${short.waiters}, ${inProcesses(long.processes)}`,
    value: spread.median,
    spread,
    relation: "≤",
    bound: FLAT,
  });
}

import { OURS, type Figure, type Question } from "../frame";
import type { Party } from "../peers/party";
import type { Arena } from "./arena";
import { takeTurns } from "./fleet";
import { KAZOO_LOCK, MUTEX, ours, oursApart, SEMAPHORE_V2 } from "./parties";
import { startWire, type Counts } from "./wire";

const PARTIES = [OURS, MUTEX, SEMAPHORE_V2, KAZOO_LOCK];
const WAITERS = [10, 100, 500];
/** A session each: enough to see whether the number grows. */
const WAITERS_APART = [10, 100];
const HOLD = 5;
const WINDOW = 1000;
const REPEAT = 50;

/** What acquiring and releasing cost in messages, counted on the wire. */
export function requests(arena: Arena): Question {
  const { bench } = arena;
  const acquire = bench.figure("requests to acquire, uncontended", "");
  const release = bench.figure("requests to release, uncontended", "");
  const each = (what: string, sizes: number[]): [number, Figure][] =>
    sizes.map((size) => [size, bench.figure(`${what}, ${size} waiters`, "")]);
  const contended = each("requests per acquire + release", WAITERS);
  const events = each("watch events per release", WAITERS);
  const wakeUps = each("wake-ups per release", WAITERS_APART);

  async function uncontended(party: Party): Promise<void> {
    const wire = await startWire(arena.server.port);
    const process = await arena.extra(party, wire.connect);
    const path = arena.freshPath(party);
    const counts = { acquire: 0, release: 0 };
    for (let i = 0; i <= REPEAT; i++) {
      wire.take();
      await process.ask("hold", party.kind, path, 1);
      const acquired = wire.take().requests;
      await process.ask("unhold");
      const released = wire.take().requests;
      if (i === 0) continue; // it makes the path
      counts.acquire += acquired;
      counts.release += released;
    }
    acquire.add(party.name, counts.acquire / REPEAT);
    release.add(party.name, counts.release / REPEAT);
    await process.end();
    await wire.close();
  }

  return {
    // counts do not depend on the machine's mood
    async measure(run) {
      if (run > 0) return;
      for (const party of arena.inTurn(PARTIES, run)) {
        await uncontended(party);
        for (const [i, [waiters, figure]] of contended.entries()) {
          const { turns, counts } = await queued(arena, party, waiters);
          figure.add(party.name, counts.requests / turns);
          events[i]![1].add(party.name, counts.events / (turns + 1));
        }
      }
      for (const [waiters, figure] of wakeUps) {
        const { turns, counts } = await queued(arena, oursApart, waiters);
        figure.add(OURS, counts.wakeUps / (turns + 1));
      }
    },
    judge() {
      const most = (figures: [number, Figure][]) =>
        Math.max(...figures.map(([, figure]) => figure.of(ours.name)[0]!));
      const exactly = (what: string, figure: Figure) =>
        bench.goal({
          what: `round trips to ${what}, uncontended`,
          value: figure.of(OURS)[0]!,
          relation: "=",
          bound: 1,
        });
      exactly("acquire", acquire);
      exactly("release", release);
      bench.goal({
        what: `requests per contended acquire + release, worst of ${WAITERS.join("/")} waiters`,
        value: most(contended),
        relation: "≤",
        bound: 10,
      });
      bench.goal({
        what: `wake-ups per release, worst of ${WAITERS_APART.join("/")} waiters`,
        value: most(wakeUps),
        relation: "≤",
        bound: 2,
      });
    },
  };
}

/** Counted from the first who queues to the last who leaves, so nothing falls between two counts. */
async function queued(
  arena: Arena,
  party: Party,
  waiters: number,
): Promise<{ turns: number; counts: Counts }> {
  const wire = await startWire(arena.server.port);
  const process = await arena.extra(party, wire.connect);
  const [gate] = arena.processesOf(party);
  wire.take();
  const { turns } = await takeTurns({
    party,
    processes: [process],
    gate: gate!, // its release wakes too: one more than there are turns
    observer: arena.observer,
    path: arena.freshPath(party),
    waiters,
    hold: HOLD,
    window: WINDOW,
  });
  const counts = wire.take();
  await process.end();
  await wire.close();
  return { turns: turns.length, counts };
}

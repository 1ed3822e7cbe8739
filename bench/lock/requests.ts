import { OURS, type Figure } from "../frame";
import { ours } from "./parties";
import type { Party } from "../peers/party";
import type { Arena, Question } from "./arena";
import { takeTurns } from "./fleet";
import { KAZOO_LOCK, MUTEX, SEMAPHORE_V2 } from "./parties";
import { startWire } from "./wire";

const PARTIES = [OURS, MUTEX, SEMAPHORE_V2, KAZOO_LOCK];
const WAITERS = [10, 100, 500];
const HOLD = 5;
const WINDOW = 1000;
const REPEAT = 50;

/** What acquiring and releasing cost in messages, counted on the wire. */
export function requests(arena: Arena): Question {
  const { bench } = arena;
  const acquire = bench.figure("requests to acquire, uncontended", "");
  const release = bench.figure("requests to release, uncontended", "");
  const contended = WAITERS.map((waiters) => ({
    waiters,
    requests: bench.figure(
      `requests per acquire + release, ${waiters} waiters`,
      "",
    ),
    events: bench.figure(`wake-ups per release, ${waiters} waiters`, ""),
  }));

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

  /** Counted from the first who queues to the last who leaves, so nothing falls between two counts. */
  async function queued(
    party: Party,
    cell: (typeof contended)[number],
  ): Promise<void> {
    const wire = await startWire(arena.server.port);
    const process = await arena.extra(party, wire.connect);
    const [gate] = arena.processesOf(party);
    wire.take();
    const { turns } = await takeTurns({
      party,
      processes: [process],
      gate: gate!,
      observer: arena.observer,
      path: arena.freshPath(party),
      waiters: cell.waiters,
      hold: HOLD,
      window: WINDOW,
    });
    const counts = wire.take();
    cell.requests.add(party.name, counts.requests / turns.length);
    // the release of the gate woke them too
    cell.events.add(party.name, counts.events / (turns.length + 1));
    await process.end();
    await wire.close();
  }

  return {
    // counts do not depend on the machine's mood
    async measure(run) {
      if (run > 0) return;
      for (const party of arena.inTurn(PARTIES, run)) {
        await uncontended(party);
        for (const cell of contended) await queued(party, cell);
      }
    },
    judge() {
      const worst = (figures: Figure[]) =>
        Math.max(...figures.map((figure) => figure.of(ours.name)[0]!));
      bench.goal({
        what: "round trips to acquire, uncontended",
        value: acquire.of(OURS)[0]!,
        relation: "=",
        bound: 1,
      });
      bench.goal({
        what: "round trips to release, uncontended",
        value: release.of(OURS)[0]!,
        relation: "=",
        bound: 1,
      });
      bench.goal({
        what: `requests per contended acquire + release, worst of ${WAITERS.join("/")} waiters`,
        value: worst(contended.map((cell) => cell.requests)),
        relation: "≤",
        bound: 10,
      });
      bench.goal({
        what: `wake-ups per release, worst of ${WAITERS.join("/")} waiters`,
        value: worst(contended.map((cell) => cell.events)),
        relation: "≤",
        bound: 2,
      });
    },
  };
}

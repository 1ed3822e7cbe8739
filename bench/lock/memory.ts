import { execFileSync } from "node:child_process";
import { OURS, type Question } from "../frame";
import type { ContenderProcess, Party } from "../peers/party";
import type { Arena } from "./arena";
import { KAZOO_LOCK, MUTEX } from "./parties";
import { startWire } from "./wire";

// Curator's semaphore is left out: it costs what its mutex does, a thread each
const PARTIES = [OURS, MUTEX, KAZOO_LOCK];
const WAITERS = 500;

/** MB that a process has in memory now. */
const resident = ({ pid }: ContenderProcess) =>
  Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)])) / 1024;

/** What a crowd of waiters in one process takes. */
export function memory(arena: Arena): Question {
  const { bench } = arena;
  const figure = bench.figure(`memory of ${WAITERS} waiters above idle`, "MB");
  const sessions = bench.figure(`sessions of ${WAITERS} waiters`, "");

  async function crowd(party: Party): Promise<void> {
    const wire = await startWire(arena.server.port);
    const process = await arena.extra(party, wire.connect);
    const [gate] = arena.processesOf(party);
    const path = arena.freshPath(party);
    await process.ask("hold", party.kind, `${path}-idle`, 1);
    await process.ask("unhold");
    await process.ask("collect");
    const idle = resident(process);

    await gate!.ask("hold", party.kind, path, 1);
    await process.ask("contend", party.kind, path, 1, WAITERS, 0);
    const { node, holders } = party.queue(path)!;
    await arena.observer.awaitChildren(node, WAITERS + holders);
    await process.ask("collect");
    figure.add(party.name, resident(process) - idle);
    sessions.add(party.name, wire.take().connections);

    await gate!.ask("unhold");
    await process.stop();
    await process.end();
    await wire.close();
  }

  return {
    async measure(run) {
      for (const party of arena.inTurn(PARTIES, run)) await crowd(party);
    },
    judge() {
      bench.goal({
        what: `memory of ${WAITERS} waiters in one process above idle`,
        value: figure.summary(OURS)?.median ?? null,
        relation: "≤",
        bound: 60,
        unit: "MB",
      });
      bench.goal({
        what: `sessions of ${WAITERS} waiters in one process`,
        value: Math.max(...sessions.of(OURS)),
        relation: "=",
        bound: 1,
      });
    },
  };
}

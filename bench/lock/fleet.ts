import { setTimeout as pause } from "node:timers/promises";
import { ContenderProcess, type Party, type Turn } from "../peers/party";
import type { Observer } from "./observer";

/** A queue for one lock, alike for every party. */
export interface Queue {
  party: Party;
  processes: readonly ContenderProcess[];
  /** Holds the lock until the queue is complete. */
  gate: ContenderProcess;
  observer: Observer;
  path: string;
  /** Who waits while one holds. */
  waiters: number;
  /** How long each holds, ms: long enough for the one before to have queued again. */
  hold: number;
  /** For how long turns are taken, ms. */
  window: number;
}

export interface Turns {
  /** When the first one was let in, and when the window was over. */
  begin: number;
  end: number;
  /** All of them in their order, those after the window too. */
  turns: Turn[];
}

/** As even as can be. */
export function shares(total: number, parts: number): number[] {
  return Array.from(
    { length: parts },
    (_, i) => Math.floor(total / parts) + (i < total % parts ? 1 : 0),
  );
}

/**
 * Lets contenders queue behind a holder; when all of them wait, opens the gate for `window` ms, in
 * which each queues again after its turn, so that the queue keeps its length; then all leave.
 */
export async function takeTurns(queue: Queue): Promise<Turns> {
  const { party, processes, gate, observer, path, waiters } = queue;
  await gate.ask("hold", party.kind, path, 1);
  const counts = shares(waiters + 1, processes.length);
  await Promise.all(
    processes.map((process, i) =>
      process.ask("contend", party.kind, path, 1, counts[i]!, queue.hold),
    ),
  );
  const seen = party.queue(path);
  if (seen) await observer.awaitChildren(seen.node, waiters + 1 + seen.holders);
  else await pause(1000); // nobody can tell: time for a few polls
  const begin = await gate.time("unhold");
  await pause(queue.window);
  const end = await gate.time("now");
  const turns = (await Promise.all(processes.map((process) => process.stop())))
    .flat()
    .sort((a, b) => a.acquired - b.acquired);
  return { begin, end, turns };
}

/**
 * Milliseconds from the begin of each release to the moment the next one had the lock.
 * @throws if two ever had it at once
 */
export function handOffs(
  { begin, end, turns }: Turns,
  party: string,
): number[] {
  let released = begin;
  const times: number[] = [];
  for (const turn of turns) {
    if (turn.acquired < released)
      throw new Error(`${party}: two had the lock at once`);
    if (turn.acquired <= end) times.push((turn.acquired - released) / 1000);
    released = turn.released;
  }
  if (times.length === 0) throw new Error(`${party}: no hand-off in time`);
  return times;
}

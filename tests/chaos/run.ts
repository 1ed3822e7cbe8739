import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { LockError, setLimits, unhold } from "../../core/lock";
import { parseServers } from "../../core/zookeeper/servers";
import { Session } from "../../core/zookeeper/session";
import { Sandbox } from "../support/sandbox";
import { startEnsemble, startZookeeper } from "../support/zookeeper";
import { checkHistory, type Violation } from "./checker";
import { Client } from "./clients";
import { Journal, readJournal, type Entry } from "./journal";
import { LOCKS, ROOT } from "./locks";
import { storm } from "./storm";
import { readTransactions } from "./transactions";

export interface ChaosOptions {
  /** Locks to be got, in all. */
  cycles: number;
  seed: number;
  ensemble: boolean;
  /** Client processes. @default 3 */
  clients?: number;
  /** Workers of each. @default 5 */
  workers?: number;
  /** Told now and then how many cycles there were. */
  onProgress?: (cycles: number) => void;
}

export interface ChaosResult {
  cycles: number;
  transactions: number;
  faults: Record<string, number>;
  /** How often each thing was written by a client. */
  deeds: Record<string, number>;
  seconds: number;
  violations: Violation[];
}

/** Milliseconds for the clients to finish once all faults are over. */
const FINISH = 60_000;
/** Milliseconds without a single cycle in which something must be stuck. */
const STUCK = 30_000;
/** Milliseconds for a run: at first, and for each cycle. A run always ends, and says why. */
const AT_FIRST = 120_000;
const EACH = 150;
/** Milliseconds for the faults under way to end when the storm is over. */
const CALM = 60_000;

/** Runs clients under faults until they have got their locks often enough, then checks what they and ZooKeeper wrote. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const sandbox = await Sandbox.create();
  try {
    return await inSandbox(sandbox, options);
  } finally {
    await sandbox.stop();
  }
}

async function inSandbox(
  sandbox: Sandbox,
  options: ChaosOptions,
): Promise<ChaosResult> {
  const started = performance.now();
  const server = {
    tickTime: 500,
    heap: "128m",
    properties: ["-Dzookeeper.preAllocSize=256"],
  };
  const servers = options.ensemble
    ? (await startEnsemble(sandbox, 3, server)).servers
    : [await startZookeeper(sandbox, server)];
  const operator = new Session({
    servers: parseServers(servers.map(({ connect }) => connect).join(",")),
    sessionTimeout: 8000,
  });
  const file = path.join(sandbox.dir, "journal-operator");
  const journal = new Journal(file, "operator");
  const ports = servers.map(({ port }) => port);
  const count = options.workers ?? 5;
  const clients = await Promise.all(
    Array.from({ length: options.clients ?? 3 }, (_, i) => {
      // the last worker of each is the first of the next: two runs of one owner
      const workers = { first: i * (count - 1), count };
      return Client.start(sandbox, ports, workers, i, journal);
    }),
  );
  try {
    await operator.ready({ within: 30_000 });
    const cycles = () => clients.reduce((sum, each) => sum + each.cycles, 0);
    const progress = watchProgress(options, cycles);
    const scene = { clients, servers, operator, journal };
    const faults: Record<string, number> = {};
    const calm = await inTime(
      storm(scene, options.seed, progress.over, faults),
      timeOf(options) + CALM,
    );
    if (!calm) journal.write({ kind: "error", what: "the storm did not end" });
    await atRest(operator).catch((error: unknown) =>
      journal.write({ kind: "error", what: `at the end: ${String(error)}` }),
    );
    const finished = await Promise.all(
      clients.map((client) => client.finish(FINISH)),
    );
    for (const [i, done] of finished.entries())
      if (!done)
        journal.write({ kind: "error", what: `client ${i} did not finish` });
    const stuck = progress.stuck();
    if (stuck) journal.write({ kind: "error", what: stuck });
    const entries = readJournal([
      file,
      ...clients.map(({ journalFile }) => journalFile),
    ]);
    const data = servers.map(({ dir }) => path.join(dir, "data"));
    const transactions = readTransactions(data);
    return {
      cycles: cycles(),
      transactions: transactions.length,
      faults,
      deeds: countKinds(entries),
      seconds: (performance.now() - started) / 1000,
      violations: checkHistory({ root: ROOT, transactions, journal: entries }),
    };
  } finally {
    await operator.close();
    await Promise.all(clients.map((client) => client.close()));
    journal.close();
  }
}

const timeOf = ({ cycles }: ChaosOptions) => AT_FIRST + cycles * EACH;

/** Whether it ended in so many milliseconds. */
async function inTime(end: Promise<void>, ms: number): Promise<boolean> {
  const abort = new AbortController();
  const late = pause(ms, false, { signal: abort.signal });
  late.catch(() => {}); // aborted
  try {
    return await Promise.race([end.then(() => true), late]);
  } finally {
    abort.abort();
  }
}

/** Nothing that an operator did stands any more. */
async function atRest(operator: Session): Promise<void> {
  const act = { by: "chaos", why: "end" };
  for (const { name, limits } of LOCKS) {
    const path = `${ROOT}/${name}`;
    await unhold(operator, path, act);
    await setLimits(operator, path, limits, act).catch((error: unknown) => {
      if (!(error instanceof LockError)) throw error; // in use: its users set it
    });
  }
}

/** Enough, or stuck: then the storm ends too, and the run fails. */
function watchProgress(
  options: ChaosOptions,
  cycles: () => number,
): { over: () => boolean; stuck: () => string | null } {
  const { cycles: wanted, onProgress } = options;
  const started = performance.now();
  let last = 0;
  let since = started;
  let stuck: string | null = null;
  const over = () => {
    const count = cycles();
    if (count > last) {
      last = count;
      since = performance.now();
      onProgress?.(count);
    } else if (performance.now() - since > STUCK) {
      stuck = `no cycle in ${STUCK} ms after ${count}`;
    } else if (performance.now() - started > timeOf(options)) {
      stuck = `${count} of ${wanted} cycles in ${timeOf(options)} ms`;
    }
    return stuck !== null || count >= wanted;
  };
  return { over, stuck: () => stuck };
}

function countKinds(entries: Entry[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const entry of entries) {
    const kind = entry.kind === "gaveUp" ? entry.why : entry.kind;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

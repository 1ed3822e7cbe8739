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
import { AUTH, LOCKS, ROOT } from "./locks";
import { START, tell, timeOf, watchProgress } from "./progress";
import { operatorOf, type Scene } from "./scene";
import { storm } from "./storm";
import { readTransactions } from "./transactions";

export interface ChaosOptions {
  /** Locks to be got, in all. */
  cycles: number;
  seed: number;
  ensemble: boolean;
  /** Client processes. @default 3 */
  clients?: number;
  /** Workers of each. @default 7 */
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

/** Milliseconds for the clients to finish once all faults are over; and once it is known that they cannot. */
const FINISH = 60_000;
const STOP = 5000;
/** Transactions: at first, and for each cycle. Who makes more asks the same again and again. */
const AT_MOST = 20_000;
const AT_MOST_EACH = 50;
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
  const session = (auth: typeof AUTH) =>
    new Session({
      servers: parseServers(servers.map(({ connect }) => connect).join(",")),
      sessionTimeout: 8000,
      auth,
    });
  const operators = { open: session([]), closed: session(AUTH) };
  const file = path.join(sandbox.dir, "journal-operator");
  const journal = new Journal(file, "operator");
  const ports = servers.map(({ port }) => port);
  const count = options.workers ?? 10;
  const clients = await Promise.all(
    Array.from({ length: options.clients ?? 3 }, (_, i) => {
      // the last worker of each is the first of the next: two runs of one owner
      const workers = { first: i * (count - 1), count };
      return Client.start(sandbox, ports, workers, i, journal);
    }),
  );
  try {
    for (const each of Object.values(operators))
      await each.ready({ within: 30_000 });
    const cycles = () => LOCKS.reduce((sum, { name }) => sum + got(name), 0);
    const got = (lock: string) =>
      clients.reduce((sum, each) => sum + (each.got.get(lock) ?? 0), 0);
    const progress = watchProgress(options, got);
    const scene = { clients, servers, operators, journal };
    const faults: Record<string, number> = {};
    const calm = await inTime(
      storm(scene, options.seed, progress.over, faults),
      START + timeOf(options) + CALM,
    );
    if (!calm) journal.write({ kind: "error", what: "the storm did not end" });
    const wrong = (what: string) => journal.write({ kind: "error", what });
    const stuck = progress.stuck();
    if (stuck) wrong(`${stuck}; ${await tell(operators)}`);
    await atRest(operators).catch((error: unknown) =>
      wrong(`at the end: ${String(error)}`),
    );
    const finished = await Promise.all(
      clients.map((client) => client.finish(stuck ? STOP : FINISH)),
    );
    const late = clients.filter((_, i) => !finished[i]);
    if (late.length > 0) {
      const names = late.map(({ name }) => name).join(", ");
      wrong(`did not finish: ${names}; ${await tell(operators)}`);
    }
    const entries = readJournal([
      file,
      ...clients.map(({ journalFile }) => journalFile),
    ]);
    const data = servers.map(({ dir }) => path.join(dir, "data"));
    const transactions = readTransactions(data);
    const most = AT_MOST + AT_MOST_EACH * cycles();
    if (transactions.length > most) {
      const what = `${transactions.length} transactions in ${cycles()} cycles: the first ${most} are checked`;
      entries.push({ kind: "error", what, by: "operator", at: "0" });
    }
    return {
      cycles: cycles(),
      transactions: transactions.length,
      faults,
      deeds: countKinds(entries),
      seconds: (performance.now() - started) / 1000,
      violations: checkHistory({
        ...{ root: ROOT, journal: entries },
        transactions: transactions.slice(0, most),
      }),
    };
  } finally {
    await Promise.all(Object.values(operators).map((each) => each.close()));
    await Promise.all(clients.map((client) => client.close()));
    journal.close();
  }
}

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
async function atRest(operators: Scene["operators"]): Promise<void> {
  const act = { by: "chaos", why: "end" };
  for (const { name, limits } of LOCKS) {
    const path = `${ROOT}/${name}`;
    const operator = operatorOf(operators, path);
    await unhold(operator, path, act);
    await setLimits(operator, path, limits, act).catch((error: unknown) => {
      if (!(error instanceof LockError)) throw error; // in use: its users set it
    });
  }
}

function countKinds(entries: Entry[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const entry of entries) {
    const kind = entry.kind === "gaveUp" ? entry.why : entry.kind;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

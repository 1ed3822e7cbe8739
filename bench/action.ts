/** The whole flow of one action against the round trips it cannot do without, measured in the same run. */
import path from "node:path";
import { runAction, systemClock } from "../core/action";
import type { ActionSpec } from "../core/action/types";
import { look } from "../core/process/look";
import type { ProcessSpec } from "../core/process/types";
import { createHostPool } from "../core/ssh/pool";
import type { ConnectionOptions, RemoteHost } from "../core/ssh/types";
import { check } from "../core/zookeeper/operations";
import { createSessionPool } from "../core/zookeeper/pool";
import type { Session } from "../core/zookeeper/session";
import { startZookeeper } from "../tests/support/zookeeper";
import { median, OURS, runBench } from "./frame";
import { open, startServers, timeScript } from "./ssh/link";

const PARTS = "sum of its round trips";
/** acquire; record, which re-asserts; release. Each asks the quorum once at least. */
const TRANSACTIONS = 3;
/** Seconds that no other process sleeps. */
const MARK = 7_654_322;
const DAEMON = { commandString: `^sleep ${MARK}$`, fullCmd: true };

/** What an action does on the host, and what that takes by itself. */
interface Flow {
  name: string;
  command: string;
  process: ProcessSpec | null;
  health: boolean;
  parts(host: RemoteHost): Promise<void>;
}

runBench("action", async (bench) => {
  const zookeeper = await startZookeeper(bench.sandbox);
  const { connections } = await startServers(bench.sandbox);
  const [connection] = connections;
  const sessions = createSessionPool();
  const { session } = await sessions.lease({ servers: zookeeper.connect });
  const count = bench.options.quick ? 6 : 20;
  const restart = restartOf(path.join(bench.sandbox.dir, "pid"));
  const flows: Flow[] = [
    {
      name: "dial, lock, act, health, release",
      ...{ command: "true", process: null, health: true },
      async parts(host) {
        for (let i = 0; i < 2; i++) await timeScript(host, "true");
      },
    },
    {
      name: "dial, look, lock, look, act, verify, release",
      ...{ command: restart, process: DAEMON, health: false },
      async parts(host) {
        for (let i = 0; i < 2; i++) await lookOnce(host);
        await timeScript(host, restart);
        await lookOnce(host);
      },
    },
  ];
  bench.note(
    `round trips: a dial, the scripts (a look, the act, the health check) and ${TRANSACTIONS} transactions`,
  );

  async function runOnce(flow: Flow): Promise<number> {
    const hosts = createHostPool();
    const begin = performance.now();
    const outcome = await runAction(
      specOf(connection!, zookeeper.connect, flow),
      {
        hosts,
        sessions,
        clock: systemClock,
        signal: new AbortController().signal,
        halt: new AbortController().signal,
        report: () => {},
      },
    );
    const took = performance.now() - begin;
    hosts.close();
    if (!outcome.ok) throw new Error(outcome.reasons.join("; "));
    return took;
  }

  async function partsOnce(flow: Flow): Promise<number> {
    const begin = performance.now();
    const { host } = await open(connection!);
    await flow.parts(host);
    for (let i = 0; i < TRANSACTIONS; i++) await write(session);
    const took = performance.now() - begin;
    host.release();
    return took;
  }

  const figures = flows.map((flow) => bench.figure(flow.name, "ms"));
  for (const flow of flows) await runOnce(flow); // makes the path of the lock
  await bench.eachRun(async () => {
    for (const [i, flow] of flows.entries()) {
      const ours: number[] = [];
      const parts: number[] = [];
      for (let turn = 0; turn < count; turn++) {
        ours.push(await runOnce(flow));
        parts.push(await partsOnce(flow));
      }
      figures[i]!.add(OURS, median(ours));
      figures[i]!.add(PARTS, median(parts));
    }
  });
  await sessions.close();

  for (const figure of figures)
    bench.goal({
      what: `${figure.name} vs the ${PARTS}`,
      ...figure.judged(PARTS),
      relation: "≤",
      bound: 1.3,
    });
});

/** Ends the process whose pid is in the file, and starts another one. */
function restartOf(file: string): string {
  return `[ ! -f '${file}' ] || kill "$(cat '${file}')"
sleep ${MARK} </dev/null >/dev/null 2>&1 &
echo $! >'${file}'`;
}

async function lookOnce(host: RemoteHost): Promise<void> {
  const sighting = await look(host, DAEMON, { timeout: 30 });
  if (sighting.kind === "unknown") throw new Error(sighting.reason);
}

/** A transaction that asks the quorum. */
async function write(session: Session): Promise<void> {
  const { code } = await session.multi([check("root", "/zookeeper")]);
  if (code !== "OK") throw new Error(`a transaction was answered ${code}`);
}

function specOf(
  connection: ConnectionOptions,
  servers: string,
  { name, command, process, health }: Flow,
): ActionSpec {
  const probe = { command: "true", interval: 1, timeout: 10, minHealthy: 0 };
  return {
    mode: "act",
    owner: { target: "host", subject: name },
    connection,
    act: { kind: "command", command, timeout: 30 },
    process,
    lock: {
      ...{ servers, auth: [], root: "/bench", name: "action", group: "host" },
      limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
      ...{ timeout: 30, maxWait: 60, retryInterval: 30, ownerGrace: 0 },
      ...{ onFailedHolder: "fail", skip: false },
    },
    ...(health ? { health: probe } : {}),
    runKey: "bench",
    debt: null,
    kept: null,
    facts: { from: "bench", action: "command" },
    show: { stdout: false, stderr: false },
    secrets: [],
  };
}

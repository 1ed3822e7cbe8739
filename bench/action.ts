/** The whole flow of one action running `true` against the round trips it cannot do without, measured in the same run. */
import { runAction, systemClock } from "../core/action";
import type { ActionSpec } from "../core/action/types";
import { createSessionPool } from "../core/zookeeper/pool";
import type { Session } from "../core/zookeeper/session";
import { check } from "../core/zookeeper/operations";
import { createHostPool } from "../core/ssh/pool";
import type { ConnectionOptions } from "../core/ssh/types";
import { startZookeeper } from "../tests/support/zookeeper";
import { median, OURS, runBench } from "./frame";
import { open, startServers, timeScript } from "./ssh/link";

const PARTS = "sum of its round trips";

runBench("action", async (bench) => {
  const zookeeper = await startZookeeper(bench.sandbox);
  const { connections } = await startServers(bench.sandbox);
  const [connection] = connections;
  const sessions = createSessionPool();
  const { session } = await sessions.lease({ servers: zookeeper.connect });
  const whole = bench.figure("dial, lock, act, health, release", "ms");
  const count = bench.options.quick ? 6 : 20;
  bench.note(
    "round trips: a dial, 2 scripts (act, health), 3 transactions (acquire, record and re-assert, release)",
  );

  async function runOnce(i: number): Promise<number> {
    const hosts = createHostPool();
    const begin = performance.now();
    const outcome = await runAction(specOf(connection!, zookeeper.connect, i), {
      hosts,
      sessions,
      clock: systemClock,
      signal: new AbortController().signal,
      halt: new AbortController().signal,
      report: () => {},
    });
    const took = performance.now() - begin;
    hosts.close();
    if (!outcome.ok) throw new Error(outcome.reasons.join("; "));
    return took;
  }

  async function partsOnce(): Promise<number> {
    const begin = performance.now();
    const { host } = await open(connection!);
    for (let i = 0; i < 2; i++) await timeScript(host, "true");
    for (let i = 0; i < 3; i++) await write(session);
    const took = performance.now() - begin;
    host.release();
    return took;
  }

  await runOnce(0); // makes the path of the lock
  await bench.eachRun(async () => {
    const ours: number[] = [];
    const parts: number[] = [];
    for (let i = 0; i < count; i++) {
      ours.push(await runOnce(0));
      parts.push(await partsOnce());
    }
    whole.add(OURS, median(ours));
    whole.add(PARTS, median(parts));
  });
  await sessions.close();

  bench.goal({
    what: `the whole flow vs the ${PARTS}`,
    ...whole.judged(PARTS),
    relation: "≤",
    bound: 1.3,
  });
});

/** A transaction that asks the quorum, as each step under the lock does at least. */
async function write(session: Session): Promise<void> {
  const { code } = await session.multi([check("root", "/zookeeper")]);
  if (code !== "OK") throw new Error(`a transaction was answered ${code}`);
}

function specOf(
  connection: ConnectionOptions,
  servers: string,
  number: number,
): ActionSpec {
  const target = `host${number}`;
  const probe = { command: "true", interval: 1, timeout: 10, minHealthy: 0 };
  return {
    mode: "act",
    owner: { target, subject: "bench" },
    connection,
    act: { kind: "command", command: "true", timeout: 30 },
    process: null,
    lock: {
      ...{ servers, auth: [], root: "/bench", name: "action", group: target },
      limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
      ...{ timeout: 30, maxWait: 60, retryInterval: 30, ownerGrace: 0 },
      ...{ onFailedHolder: "fail", skip: false },
    },
    health: probe,
    runKey: "bench",
    debt: null,
    kept: null,
    facts: { from: "bench", action: "command" },
    show: { stdout: false, stderr: false },
    secrets: [],
  };
}

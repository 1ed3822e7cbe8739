import { setTimeout as pause } from "node:timers/promises";
import { acquire, describeLock } from "../../core/lock";
import { createSessionPool } from "../../core/zookeeper/pool";
import type { Session } from "../../core/zookeeper/session";
import { eventually } from "../../tests/support/eventually";
import { OURS, type Question } from "../frame";
import type { Ground } from "./ground";
import { makeProvider, type Provider } from "./provider";
import { RESOURCES } from "./programs";

const ROOT = "/locked-action";
/** A crowd takes its time to come together, and varies little. */
const RUNS = 2;
/** Milliseconds, after which a process has given back what its resources took to come so far. */
const SETTLED = 20_000;
const ALL = 120_000;
const MEGABYTE = 1024 * 1024;

/** A provider's process whose resources all wait for one lock. */
export async function waiting(ground: Ground): Promise<Question> {
  const { bench, zookeeper } = ground;
  const memory = bench.figure(`memory of ${RESOURCES} that wait`, "MB");
  const sessions = bench.figure(`sessions of ${RESOURCES} that wait`, "");
  const exit = bench.figure(`SIGINT to exit while ${RESOURCES} wait`, "ms");
  const left = bench.figure("waiters left by it in ZooKeeper", "");
  const start = await makeProvider(ground);
  const pool = createSessionPool();
  const { session } = await pool.lease({ servers: zookeeper.connect });

  async function crowd(run: number): Promise<void> {
    bench.progress(`${RESOURCES} resources wait for one lock`);
    const name = `crowd-${run}`;
    const waiters = async () =>
      (await describeLock(session, ROOT, name)).waiters.length;
    const others = await sessionsOf(ground);
    const provider = await start();
    const holder = await holdLock(session, name);
    // with all of its code loaded and a session open
    await provider.create("idle", inputs(ground, 0, `idle-${run}`));
    const idle = await provider.memory();
    const done = create(provider, ground, name);
    await eventually("all wait", async () => (await waiters()) === RESOURCES, {
      ...{ within: ALL, every: 100 },
    });
    await pause(SETTLED);
    memory.add(OURS, ((await provider.memory()) - idle) / MEGABYTE);
    sessions.add(OURS, (await sessionsOf(ground)) - others);

    const began = performance.now();
    provider.child.signal("SIGINT");
    await provider.child.exit;
    exit.add(OURS, performance.now() - began);
    left.add(OURS, await waiters());
    provider.close();
    await done;
    await holder.release();
  }

  return {
    async measure(run) {
      if (run < RUNS) await crowd(run);
    },
    async judge() {
      await pool.close();
      const worst = (values: readonly number[]) => Math.max(...values);
      bench.goal({
        what: `memory of ${RESOURCES} that wait in a provider, above idle`,
        ...{ value: memory.summary(OURS)!.median, relation: "≤" },
        ...{ bound: 60, unit: "MB" },
      });
      bench.goal({
        what: `sessions of ${RESOURCES} that wait in a provider`,
        ...{ value: worst(sessions.of(OURS)), relation: "=", bound: 1 },
      });
      bench.goal({
        what: `SIGINT to exit of a provider while ${RESOURCES} wait, worst run`,
        ...{ value: worst(exit.of(OURS)), relation: "≤" },
        ...{ bound: 1000, unit: "ms" },
      });
      bench.goal({
        what: "waiters left in ZooKeeper",
        ...{ value: worst(left.of(OURS)), relation: "=", bound: 0 },
      });
    },
  };
}

const inputs = ({ fleet }: Ground, i: number, lock: string) => ({
  connection: fleet.connection(fleet.hosts[i % fleet.hosts.length]!.name),
  target: `web${i}`,
  action: { command: "true" },
  lock: { name: lock },
  triggers: ["first"],
});

/** Resolves when all have ended, however they did: with the process. */
function create(provider: Provider, ground: Ground, lock: string) {
  const creates = Array.from({ length: RESOURCES }, (_, i) =>
    provider.create(`restart-${i}`, inputs(ground, i, lock)),
  );
  return Promise.allSettled(creates);
}

function holdLock(session: Session, name: string) {
  return acquire(session, {
    ...{ root: ROOT, name, group: "held" },
    owner: { target: "held", subject: "bench" },
    limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
    facts: { run: "1", from: "bench", action: "nothing" },
    ...{ timeout: 60, maxWait: 60, retryInterval: 0, ownerGrace: 0 },
    onFailedHolder: "fail",
  });
}

/** Sessions that the server has, ours included. */
async function sessionsOf({ zookeeper }: Ground): Promise<number> {
  const connections = await zookeeper.fourLetter("cons");
  return new Set(connections.match(/sid=0x[1-9a-f][0-9a-f]*/g)).size;
}

/** A process that rolls a fleet of which nobody may begin: servers and size on its command line; bytes of each host on stdout. */
import { describeLock, hold } from "../../core/lock";
import { lockPath } from "../../core/lock/tree/paths";
import { createSessionPool } from "../../core/zookeeper/pool";
import { eventually } from "../../tests/support/eventually";
import { ROOT, Simulation } from "./simulation";

const WIDTH = 10;

const used = () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

async function main(servers: string, size: number): Promise<void> {
  const simulation = await Simulation.open(servers, { act: 1 });
  const { lock } = await simulation.roll(WIDTH, WIDTH);
  const { session } = await createSessionPool().lease({ servers });
  const act = { by: "bench", why: "nobody may begin" };
  await hold(session, lockPath(ROOT, lock), act);
  const idle = used();
  simulation.roll(size, WIDTH, lock).catch(() => {}); // ends with this process
  const waiting = async () =>
    (await describeLock(session, ROOT, lock)).waiters.length >= WIDTH;
  await eventually("as many wait as may go", waiting, { within: 60_000 });
  process.stdout.write(String((used() - idle) / size), () => process.exit());
}

const [servers, size] = process.argv.slice(2);
main(servers!, Number(size)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});

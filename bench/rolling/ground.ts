import {
  startZookeeper,
  type ZookeeperServer,
} from "../../tests/support/zookeeper";
import type { Bench } from "../frame";
import { Simulation } from "./simulation";

/** What the questions about rolls have in common. */
export interface Ground {
  bench: Bench;
  server: ZookeeperServer;
}

/** As in production: the tests' servers start quickly instead. */
const FULLY_COMPILED = ["-XX:TieredStopAtLevel=4"];
/** Rolls until the server's compiler has nothing left to do: it takes more of the machine than the server itself. */
const WARM_UP = { rolls: 8, hosts: 300, width: 10, act: 1 };

export async function openGround(bench: Bench): Promise<Ground> {
  const server = await startZookeeper(bench.sandbox, {
    heap: "512m",
    properties: FULLY_COMPILED,
  });
  bench.progress("warms the server up");
  await warmUp(server);
  return { bench, server };
}

async function warmUp({ connect }: ZookeeperServer): Promise<void> {
  const { rolls, hosts, width, act } = WARM_UP;
  const simulation = await Simulation.open(connect, { act });
  for (let i = 0; i < rolls; i++) await simulation.roll(hosts, width);
  await simulation.close();
}

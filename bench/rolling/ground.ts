import {
  startZookeeper,
  type ZookeeperServer,
} from "../../tests/support/zookeeper";
import type { Bench } from "../frame";

/** Something asked in each run and judged at the end. */
export interface Question {
  measure(run: number): Promise<void>;
  judge(): void | Promise<void>;
}

/** What the questions about rolls have in common. */
export interface Ground {
  bench: Bench;
  server: ZookeeperServer;
}

/** As in production: the tests' servers start quickly instead. */
const FULLY_COMPILED = ["-XX:TieredStopAtLevel=4"];

export async function openGround(bench: Bench): Promise<Ground> {
  const server = await startZookeeper(bench.sandbox, {
    heap: "512m",
    properties: FULLY_COMPILED,
  });
  return { bench, server };
}

/** A process that opens a hundred connections at once and says what they took: connections as JSON on stdin, figures as JSON on stdout. */
import { text } from "node:stream/consumers";
import { createHostPool } from "../../core/ssh/pool";
import type { ConnectionOptions } from "../../core/ssh/types";
import { timeScript } from "./link";

/** What one crowd took. */
export interface Crowd {
  /** Hosts that ran their script. */
  reached: number;
  /** Milliseconds until all had. */
  took: number;
  /** MB above the same process with one connection that was closed again. */
  memory: number;
  reasons: string[];
}

const resident = () => {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 2 ** 20;
};

async function main(): Promise<void> {
  const connections = JSON.parse(
    await text(process.stdin),
  ) as ConnectionOptions[];
  const pool = createHostPool();
  const first = await pool.lease(connections[0]!);
  await timeScript(first, "true");
  first.release();
  const idle = resident();
  const begin = performance.now();
  const results = await Promise.allSettled(
    connections.map(async (options) => {
      const host = await pool.lease(options);
      await timeScript(host, "true");
    }),
  );
  const took = performance.now() - begin;
  const memory = resident() - idle;
  pool.close();
  const reasons = results.flatMap((result) =>
    result.status === "rejected" ? [String(result.reason)] : [],
  );
  const crowd: Crowd = {
    reached: connections.length - reasons.length,
    took,
    memory,
    reasons,
  };
  process.stdout.write(JSON.stringify(crowd));
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});

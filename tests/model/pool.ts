/** Explores many configurations at once, one worker thread for each processor. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Configuration } from "./configuration";
import type { Options, Result } from "./explore";

export interface Job {
  configuration: Configuration;
  options: Options;
}

function startWorker(): Worker {
  const worker = new Worker(join(__dirname, "worker.ts"), {
    execArgv: ["--require", require.resolve("tsx/cjs")],
    resourceLimits: { maxOldGenerationSizeMb: 4096 },
  });
  worker.setMaxListeners(0);
  return worker;
}

/** One job on a worker; a worker that dies is an error of the job. */
function runOn(worker: Worker, job: Job): Promise<Result> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      worker.off("message", done);
      worker.off("error", failed);
      worker.off("exit", ended);
    };
    const done = (result: Result) => {
      settle();
      resolve(result);
    };
    const failed = (error: Error) => {
      settle();
      reject(error);
    };
    const ended = (code: number) =>
      failed(new Error(`the worker ended with ${String(code)}`));
    worker.on("message", done);
    worker.on("error", failed);
    worker.on("exit", ended);
    worker.postMessage(job);
  });
}

/** Results in the order of the jobs; each is told as soon as it is there. */
export async function exploreAll(
  jobs: readonly Job[],
  told: (result: Result) => void = () => undefined,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const count = Math.min(availableParallelism(), jobs.length);
  const lanes = Array.from({ length: count }, async () => {
    const worker = startWorker();
    try {
      for (let i = next++; i < jobs.length; i = next++) {
        const job = jobs[i];
        if (!job) break;
        const result = await runOn(worker, job);
        results[i] = result;
        told(result);
      }
    } finally {
      await worker.terminate();
    }
  });
  await Promise.all(lanes);
  return results;
}

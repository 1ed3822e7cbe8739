/** Explores many configurations at once, one worker thread for each processor. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { buildSync } from "esbuild";
import type { Configuration } from "./configuration";
import type { Options, Result } from "./explore";

export interface Job {
  configuration: Configuration;
  options: Options;
}

/** The threads' program in one piece: as modules, each use of another one's name is a call, and takes a third of the time. */
function bundled(): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(__dirname, "worker.ts")],
    bundle: true,
    platform: "node",
    write: false,
  });
  return outputFiles[0]!.text;
}

function startWorker(program: string): Worker {
  const worker = new Worker(program, {
    eval: true,
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
  const program = bundled();
  const lanes = Array.from({ length: count }, async () => {
    const worker = startWorker(program);
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

/** A thread that explores what it is sent. */
import { parentPort } from "node:worker_threads";
import { explore } from "./explore";
import type { Job } from "./pool";

parentPort?.on("message", ({ configuration, options }: Job) => {
  parentPort?.postMessage(explore(configuration, options));
});

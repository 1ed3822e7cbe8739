import { parentPort, workerData } from "node:worker_threads";
import { decryptKey } from "./key-decrypt";
import type { KeyFormat } from "./key-format";

/** What the thread is given. */
export interface KeyTask {
  key: KeyFormat;
  passphrase: string;
}

/** What it answers. */
export type KeyAnswer = { text: string } | { problem: string };

const { key, passphrase } = workerData as KeyTask;

function answer(): KeyAnswer {
  try {
    return { text: decryptKey(key, passphrase) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

parentPort?.postMessage(answer());

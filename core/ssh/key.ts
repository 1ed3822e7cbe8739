import path from "node:path";
import { Worker } from "node:worker_threads";
import { utils, type ParsedKey } from "ssh2";
import { decryptKey } from "./key-decrypt";
import { readKeyFormat, type KeyFormat } from "./key-format";
import type { KeyAnswer, KeyTask } from "./key-worker";

/** A private key that cannot be used. No further try can mend it. */
export class KeyError extends Error {}

/** Milliseconds: a key with very many rounds of bcrypt takes that long. */
const DECRYPTION_LIMIT = 120_000;

/** A private key ready for signing. An encrypted one is opened in a thread of its own. @throws KeyError */
export async function openKey(
  text: string,
  passphrase?: string,
): Promise<ParsedKey> {
  const key = readKeyFormat(text);
  if (typeof key === "string") throw new KeyError(key);
  if (key.encrypted && !passphrase)
    throw new KeyError(
      "the private key is encrypted: privateKeyPassword is needed",
    );
  const plain = await plainText(key, passphrase);
  const parsed = utils.parseKey(plain);
  if (parsed instanceof Error)
    throw new KeyError(`the private key cannot be read: ${parsed.message}`);
  return parsed;
}

async function plainText(key: KeyFormat, passphrase = ""): Promise<string> {
  if (key.encrypted) return decryptInThread({ key, passphrase });
  if (key.armour !== "PKCS8") return key.text;
  try {
    return decryptKey(key);
  } catch (error) {
    throw new KeyError(
      `the private key cannot be read: ${(error as Error).message}`,
    );
  }
}

function decryptInThread(task: KeyTask): Promise<string> {
  // compiled it is a .js file beside this one; from source the loader must come along
  const source = path.extname(__filename);
  const worker = new Worker(path.join(__dirname, `key-worker${source}`), {
    workerData: task,
    execArgv: source === ".ts" ? ["--require", "tsx/cjs"] : [],
  });
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new KeyError("the private key takes too long to decrypt")),
      DECRYPTION_LIMIT,
    );
    const fail = (why: string) =>
      reject(new KeyError(`the private key cannot be decrypted: ${why}`));
    worker.on("message", (answer: KeyAnswer) => {
      if ("text" in answer) resolve(answer.text);
      else fail(explain(answer.problem));
    });
    worker.on("error", (error) => fail(error.message));
    worker.on("exit", () => {
      clearTimeout(timer);
      fail("its thread ended"); // does nothing after an answer
    });
  }).finally(() => void worker.terminate());
}

function explain(problem: string): string {
  const wrong = /integrity check|bad decrypt|Malformed|too small|wrong tag/i;
  return wrong.test(problem) ? "privateKeyPassword is wrong" : problem;
}

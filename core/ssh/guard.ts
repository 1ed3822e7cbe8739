import { readAnswer, type Answer, type RunRecord } from "./guard-answer";
import { guardQuestion, REMEMBERED } from "./guard-program";
import type {
  Fate,
  GuardOptions,
  GuardRecord,
  RunResult,
  Script,
} from "./types";

type Run = (script: Script, signal?: AbortSignal) => Promise<RunResult>;

interface Question {
  key: string;
  /** Seconds. */
  timeout: number;
}

const KEY = /^[A-Za-z0-9._-]{1,200}$/;
const RUN_ID = /^[A-Za-z0-9._:-]{1,200}$/;
/** Seconds that an age may be wrong: the way to the host, and roundings. */
const MARGIN = 2;

/** Waits for a guard on the host, and reads its newest record. @throws LinkError */
export async function askGuard(
  run: Run,
  question: Question,
  options: GuardOptions,
): Promise<GuardRecord> {
  const answer = await ask(run, question, options);
  if (answer.state !== "told") return answer;
  const [newest] = answer.records;
  return newest ? recordOf(newest) : { state: "none" };
}

/** What is known of a run before its guard is asked. */
export interface Sent {
  /** The boot of the host when it was sent; undefined if nobody knows. */
  boot?: string;
  /** Seconds since then, at most; undefined if nobody knows. */
  age?: number;
}

/**
 * Waits for a guard on the host, and finds out what became of one run of it. It is revoked first: if it has not
 * begun by now it never will. Only then is the lack of a trace of it proof, and only in the boot in which it was sent. @throws LinkError
 */
export async function askFate(
  run: Run,
  question: Question & { runId: string },
  options: GuardOptions,
  sent: Sent,
): Promise<Fate> {
  const { runId } = question;
  const answer = await ask(run, question, { ...options, revoke: runId });
  if (answer.state !== "told") return answer;
  const own = answer.records.find((record) => record.runId === runId);
  const sameBoot = sent.boot === answer.boot;
  if (own?.state === "finished") return { state: "finished", exit: own.exit };
  if (own)
    return {
      state: "interrupted",
      by: own.boot === answer.boot ? "signal" : "reboot",
    };
  const unknown = (reason: string): Fate => {
    return { state: "unknown", reason, over: answer.revoked };
  };
  if (sent.boot === undefined)
    return unknown(
      "the host has no record of it, and may have been rebooted since",
    );
  if (!sameBoot) return { state: "interrupted", by: "reboot" };
  if (!answer.revoked)
    return unknown("the host has no record of it, and none could be made");
  if (mayBeForgotten(answer, sent))
    return unknown("the host remembers later runs only");
  return { state: "never" };
}

/** So many runs have come since that it may not be among those that are remembered. */
function mayBeForgotten(
  { records, uptime }: Extract<Answer, { state: "told" }>,
  { age }: Sent,
): boolean {
  const oldest = records[REMEMBERED - 1];
  if (!oldest) return false;
  return age === undefined || !(oldest.begun < uptime - age - MARGIN);
}

async function ask(
  run: Run,
  { key, timeout }: Question,
  { signal, revoke, sudo, sudoPassword }: GuardOptions,
): Promise<Answer> {
  if (!KEY.test(key))
    throw new TypeError(`guard: ${JSON.stringify(key)} is no name of a file`);
  if (revoke !== undefined && !RUN_ID.test(revoke))
    throw new TypeError(`guard: ${JSON.stringify(revoke)} is no run id`);
  const script = {
    body: guardQuestion(key, revoke),
    timeout: Math.max(1, timeout),
    ...(sudo === undefined ? {} : { sudo }),
    ...(sudoPassword === undefined ? {} : { sudoPassword }),
  };
  return readAnswer(await run(script, signal));
}

function recordOf({ runId, state, exit }: RunRecord): GuardRecord {
  return state === "finished"
    ? { state: "finished", runId, exit }
    : { state: "interrupted", runId };
}

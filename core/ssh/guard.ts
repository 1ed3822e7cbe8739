import { guardQuestion } from "./guard-program";
import {
  LinkError,
  type GuardOptions,
  type GuardRecord,
  type RunResult,
  type Script,
} from "./types";

type Run = (script: Script, signal?: AbortSignal) => Promise<RunResult>;

const KEY = /^[A-Za-z0-9._-]{1,200}$/;
const RUN_ID = /^[A-Za-z0-9._:-]{1,200}$/;

/** Waits for a guard on the host, and reads its record. @throws LinkError */
export async function askGuard(
  run: Run,
  { key, timeout }: { key: string; timeout: number },
  { signal, revoke, sudo, sudoPassword }: GuardOptions,
): Promise<GuardRecord> {
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
  return judge(await run(script, signal));
}

function judge(result: RunResult): GuardRecord {
  const lines = result.stdout.trim().split("\n");
  if (result.kind === "unknown")
    throw new LinkError(`the guard could not be asked: ${result.reason}`);
  const last = (kind: string) =>
    lines.findLast((line) => line.startsWith(`${kind} `))?.split(" ");
  if (lines.includes("noflock"))
    return { state: "unavailable", reason: "the host has no flock" };
  if (lines.includes("noplace"))
    return {
      state: "unavailable",
      reason: "the host has no place for a guard",
    };
  const free = last("free");
  if (free) return recordOf(free);
  const busy = last("busy");
  if (busy) return { state: "running", runId: busy[2] || "unknown" };
  return { state: "unavailable", reason: whyNot(result) };
}

function recordOf([, number, runId = "", state, exit]: string[]): GuardRecord {
  if (number === "0" || runId === "") return { state: "none" };
  if (state === "finished")
    return { state: "finished", runId, exit: Number(exit) };
  return { state: "interrupted", runId };
}

function whyNot(result: RunResult): string {
  const said = result.stderr.trim().split("\n").at(-1);
  return `the host did not tell of its guard${said ? `: ${said}` : ""}`;
}

import { ChannelError, type Connection } from "./connection";
import { begin, type Execution } from "./execution";
import { describeScriptProblem } from "./script-problem";
import { endRemotely } from "./remote-end";
import type { RunResult, Script } from "./types";

/** Runs a script on a connection. Rejects only for a script that must not be sent. */
export async function run(
  connection: Connection,
  script: Script,
  signal?: AbortSignal,
): Promise<RunResult> {
  const problem = describeScriptProblem(script);
  if (problem) throw new TypeError(problem);
  let free: (() => void) | undefined;
  let execution: Execution;
  try {
    free = await connection.slots.take(signal);
    if (script.alone) await connection.quiet();
    execution = await begin(connection, script, signal);
  } catch (error) {
    free?.();
    if (signal?.aborted) return neverBegun("it was called off before it began");
    if (error instanceof ChannelError) return neverBegun(error.message);
    throw error;
  }
  // the answer is there before the last processes are gone, and the host frees their session
  void execution.over.then(free);
  void execution.result.then(() => connection.lingers(execution.over));
  return outcome(connection, script, execution, signal);
}

async function outcome(
  connection: Connection,
  script: Script,
  execution: Execution,
  signal?: AbortSignal,
): Promise<RunResult> {
  const end = () => void endRemotely(connection, script, execution);
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end, { once: true });
  try {
    return await execution.result;
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

function neverBegun(reason: string): RunResult {
  return { kind: "unknown", reason, stdout: "", stderr: "", started: false };
}

import { ChannelError, type Connection, type Dial } from "./connection";
import { begin, type Execution } from "./execution";
import { CrowdedError } from "./channel";
import { describeScriptProblem } from "./script-problem";
import { endRemotely } from "./remote-end";
import type { RunResult, Script } from "./types";

/**
 * Runs a script on a connection, or beside it where the host has one session for each connection.
 * Rejects only for a script that must not be sent.
 */
export async function run(
  connection: Connection,
  script: Script,
  dial: Dial,
  signal?: AbortSignal,
): Promise<RunResult> {
  try {
    return await runOn(connection, script, dial, signal);
  } catch (error) {
    if (!(error instanceof CrowdedError)) throw error;
    return runBeside(script, dial, signal);
  }
}

/** On a connection of its own. */
export async function runBeside(
  script: Script,
  dial: Dial,
  signal?: AbortSignal,
): Promise<RunResult> {
  let own: Connection;
  try {
    own = await dial(signal);
  } catch (error) {
    if (signal?.aborted) return neverBegun("it was called off before it began");
    return neverBegun(error instanceof Error ? error.message : String(error));
  }
  try {
    return await runOn(own, script, dial, signal);
  } catch (error) {
    if (error instanceof CrowdedError) return neverBegun(error.message);
    throw error;
  } finally {
    // the last processes of the script go first
    void own.quiet().then(() => own.close("the connection was closed by us"));
  }
}

async function runOn(
  connection: Connection,
  script: Script,
  dial: Dial,
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
    if (error instanceof CrowdedError) throw error;
    if (error instanceof ChannelError) return neverBegun(error.message);
    throw error;
  }
  // the answer is there before the last processes are gone, and the host frees their session
  void execution.over.then(free);
  void execution.result.then(() => connection.lingers(execution.over));
  return outcome({ connection, dial }, script, execution, signal);
}

async function outcome(
  way: { connection: Connection; dial: Dial },
  script: Script,
  execution: Execution,
  signal?: AbortSignal,
): Promise<RunResult> {
  const end = () => void endRemotely(way, script, execution);
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

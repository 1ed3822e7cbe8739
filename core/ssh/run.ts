import { ChannelError, type Connection } from "./connection";
import { begin } from "./execution";
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
  try {
    free = await connection.slots.take(signal);
    const result = await runOnce(connection, script, signal);
    if (!connection.hasTimeout || !lacksTimeout(result)) return result;
    // nothing was run yet; from now on the script has a watchdog of its own
    connection.hasTimeout = false;
    return await runOnce(connection, script, signal);
  } catch (error) {
    if (signal?.aborted) return neverBegun("it was called off before it began");
    if (error instanceof ChannelError) return neverBegun(error.message);
    throw error;
  } finally {
    free?.();
  }
}

async function runOnce(
  connection: Connection,
  script: Script,
  signal?: AbortSignal,
): Promise<RunResult> {
  const execution = await begin(connection, script, signal);
  const end = () => void endRemotely(connection, script, execution);
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end, { once: true });
  try {
    return await execution.result;
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

/** The shell, `sudo` or an old busybox complained about `timeout`, and nothing was run. */
function lacksTimeout(result: RunResult): boolean {
  return (
    result.kind === "exit" &&
    result.started === false &&
    /timeout/.test(result.stderr)
  );
}

function neverBegun(reason: string): RunResult {
  return { kind: "unknown", reason, stdout: "", stderr: "", started: false };
}

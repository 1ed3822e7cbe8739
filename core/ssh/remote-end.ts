import { setTimeout as pause } from "node:timers/promises";
import type { Connection } from "./connection";
import { begin, type Execution } from "./execution";
import type { Script } from "./types";

/** Milliseconds for each of TERM and KILL to work. */
const PATIENCE = 5_000;

/**
 * Ends a script on its host: TERM to the whole process group, then KILL, by a second
 * command with the rights of the first. SSH's own signals come second: a server sends
 * none to what `sudo` started, none in sessions of root, and old ones none at all.
 */
export async function endRemotely(
  connection: Connection,
  script: Script,
  execution: Execution,
): Promise<void> {
  const over = execution.result.then(() => true);
  for (const signal of ["TERM", "KILL"] as const) {
    void send(connection, script, execution, signal);
    if (await Promise.race([over, pause(PATIENCE, false, { ref: false })]))
      return;
  }
  execution.giveUp(
    "it could not be ended: neither TERM nor KILL had an answer",
  );
}

async function send(
  connection: Connection,
  script: Script,
  execution: Execution,
  signal: "TERM" | "KILL",
): Promise<void> {
  const { group } = execution;
  const body = `kill -${signal} -${group}`;
  if (group !== null && (await ranBeside(connection, script, body))) return;
  execution.signal(signal);
}

/** Beyond the limit of scripts: an end must not wait for its turn. */
async function ranBeside(
  connection: Connection,
  { sudo, sudoPassword }: Script,
  body: string,
): Promise<boolean> {
  const script = {
    body,
    timeout: PATIENCE / 1000,
    ...(sudo === undefined ? {} : { sudo }),
    ...(sudoPassword === undefined ? {} : { sudoPassword }),
  };
  try {
    const execution = await begin(
      connection,
      script,
      AbortSignal.timeout(PATIENCE / 2),
    );
    return (await execution.result).started !== false;
  } catch {
    return false; // the host's own deadline is left
  }
}

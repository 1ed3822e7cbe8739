import { setTimeout as pause } from "node:timers/promises";
import { CrowdedError } from "./channel";
import type { Connection, Dial } from "./connection";
import { begin, type Execution } from "./execution";
import type { Script } from "./types";

/** Milliseconds for each of TERM and KILL to work. */
const PATIENCE = 5_000;

interface Way {
  connection: Connection;
  /** Where the host has one session for each connection. */
  dial: Dial;
}

/**
 * Ends a script on its host: TERM to the whole process group, then KILL, by a second
 * command with the rights of the first. SSH's own signals come second: a server sends
 * none to what `sudo` started, none in sessions of root, and old ones none at all.
 */
export async function endRemotely(
  way: Way,
  script: Script,
  execution: Execution,
): Promise<void> {
  const over = execution.result.then(() => true);
  for (const signal of ["TERM", "KILL"] as const) {
    void send(way, script, execution, signal);
    if (await Promise.race([over, pause(PATIENCE, false, { ref: false })]))
      return;
  }
  execution.giveUp(
    "it could not be ended: neither TERM nor KILL had an answer",
  );
}

async function send(
  way: Way,
  script: Script,
  execution: Execution,
  signal: "TERM" | "KILL",
): Promise<void> {
  const { group } = execution;
  const body = `kill -${signal} -${group}`;
  if (group !== null && (await ranBeside(way, script, body))) return;
  execution.signal(signal);
}

/** Beyond the limit of scripts: an end must not wait for its turn. */
async function ranBeside(
  { connection, dial }: Way,
  { sudo, sudoPassword }: Script,
  body: string,
): Promise<boolean> {
  const script = {
    body,
    timeout: PATIENCE / 1000,
    ...(sudo === undefined ? {} : { sudo }),
    ...(sudoPassword === undefined ? {} : { sudoPassword }),
  };
  const late = AbortSignal.timeout(PATIENCE / 2);
  let own: Connection | null = null;
  try {
    const execution = await begin(connection, script, late).catch(
      async (error: unknown) => {
        if (!(error instanceof CrowdedError)) throw error;
        own = await dial(late);
        return begin(own, script, late);
      },
    );
    return (await execution.result).started !== false;
  } catch {
    return false; // the host's own deadline is left
  } finally {
    (own as Connection | null)?.close("the connection was closed by us");
  }
}

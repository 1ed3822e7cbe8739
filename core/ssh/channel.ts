import { setTimeout as pause } from "node:timers/promises";
import type { ClientChannel } from "ssh2";
import { ChannelError, type Connection } from "./connection";

/** Milliseconds to go on asking a host that has no room for another session. */
const BUSY_LIMIT = 30_000;

/** Milliseconds to ask again where the host had room for none or one of ours: it has one session a connection, or frees one late. */
const CROWDED_LIMIT = 100;

/** The host has one session for each connection, and this connection has had it. */
export class CrowdedError extends ChannelError {
  constructor(message: string) {
    super(message, true);
  }
}

/**
 * A channel for one command. A host frees a session only some time after its process
 * is gone, so "no room" is asked again for a while. @throws ChannelError, CrowdedError
 */
export async function openChannel<T>(
  connection: Connection,
  command: string,
  accept: (channel: ClientChannel) => T,
  signal?: AbortSignal,
): Promise<T> {
  const asked = performance.now();
  for (let wait = 10; ; wait = Math.min(wait * 2, 1000)) {
    try {
      return await connection.exec(command, accept);
    } catch (error) {
      const again = error instanceof ChannelError && error.busy;
      if (!again) throw error;
      const waited = performance.now() - asked;
      if (waited > CROWDED_LIMIT && connection.sessions <= 1)
        throw new CrowdedError(error.message);
      if (waited > BUSY_LIMIT) throw error;
      await pause(wait, undefined, { signal });
    }
  }
}

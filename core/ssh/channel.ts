import { setTimeout as pause } from "node:timers/promises";
import type { ClientChannel } from "ssh2";
import { ChannelError, type Connection } from "./connection";

/** Milliseconds to go on asking a host that has no room for another session. */
const BUSY_LIMIT = 30_000;

/**
 * A channel for one command. A host frees a session only some time after its process
 * is gone, so "no room" is asked again for a while. @throws ChannelError
 */
export async function openChannel<T>(
  connection: Connection,
  command: string,
  accept: (channel: ClientChannel) => T,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = performance.now() + BUSY_LIMIT;
  for (let wait = 10; ; wait = Math.min(wait * 2, 1000)) {
    try {
      return await connection.exec(command, accept);
    } catch (error) {
      const again = error instanceof ChannelError && error.busy;
      if (!again || performance.now() > deadline) throw error;
      await pause(wait, undefined, { signal });
    }
  }
}

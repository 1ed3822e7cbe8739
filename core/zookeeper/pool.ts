import { createHash } from "node:crypto";
import { parseServers } from "./servers";
import { Session, type SessionOptions } from "./session";

export interface QuorumOptions extends Omit<SessionOptions, "servers"> {
  /** `host:port,host:port/chroot` */
  servers: string;
}

export interface LeaseOptions {
  signal?: AbortSignal;
  /** Seconds to wait for the first connection. @default 30 */
  timeout?: number;
}

export interface SessionLease {
  session: Session;
  /** Gives it back; the last one closes the session. */
  release(): Promise<void>;
}

/** One session for each quorum and credentials, shared and counted. */
export interface SessionPool {
  /** Resolves when it is connected. @throws Error that names the servers and the reason */
  lease(options: QuorumOptions, wait?: LeaseOptions): Promise<SessionLease>;
  /** Closes all sessions, whoever uses them. */
  close(): Promise<void>;
}

interface Shared {
  session: Session;
  users: number;
}

export function createSessionPool(): SessionPool {
  const sessions = new Map<string, Shared>();

  const giveBack = async (key: string, entry: Shared) => {
    if (--entry.users > 0) return;
    if (sessions.get(key) === entry) sessions.delete(key);
    await entry.session.close();
  };

  return {
    async lease(options, { signal, timeout = 30 } = {}) {
      const servers = parseServers(options.servers);
      const key = createHash("sha256")
        .update(JSON.stringify([servers.text, options.auth ?? []]))
        .digest("hex");
      let entry = sessions.get(key);
      if (!entry) {
        entry = { session: new Session({ ...options, servers }), users: 0 };
        sessions.set(key, entry);
      }
      const shared = entry;
      shared.users += 1;
      let released = false;
      const once = async () => {
        if (released) return;
        released = true;
        await giveBack(key, shared);
      };
      try {
        await shared.session.ready({ signal, within: timeout * 1000 });
      } catch (error) {
        await once();
        throw new Error(
          `ZooKeeper at ${servers.text}: not connected within ${timeout} s: ${(error as Error).message}`,
        );
      }
      return { session: shared.session, release: once };
    },
    async close() {
      const all = [...sessions.values()];
      sessions.clear();
      await Promise.all(all.map(({ session }) => session.close()));
    },
  };
}

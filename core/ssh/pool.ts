import type { ParsedKey } from "ssh2";
import type { Connection } from "./connection";
import { connectionId, digest } from "./connection-id";
import { dialOnce } from "./dial";
import { Doubts } from "./doubts";
import { openKey } from "./key";
import { readKnownHosts } from "./known-hosts-file";
import { LeasedHost } from "./leased-host";
import { persistently } from "./persistence";
import { SharedDial } from "./shared-dial";
import { Slots } from "./slots";
import type {
  ConnectionOptions,
  DialOptions,
  HostPool,
  RemoteHost,
} from "./types";

export interface PoolLimits {
  /** Handshakes with one host at a time; more would be turned away by its MaxStartups. @default 8 */
  handshakes?: number;
  /** Scripts on one host at a time; its MaxSessions is 10 by default. @default 6 */
  execs?: number;
  /** Seconds between two questions whether a host is still there; after three without an answer it is not. @default 5 */
  keepalive?: number;
}

/** One host as one user, with the connection that all its leases share. */
interface Entry {
  connection: Connection | null;
  dialing: SharedDial<Connection> | null;
  leases: number;
}

/** Owns all SSH connections of a process. */
export function createHostPool(limits: PoolLimits = {}): HostPool {
  return new Pool({ handshakes: 8, execs: 6, keepalive: 5, ...limits });
}

class Pool implements HostPool {
  private readonly entries = new Map<string, Entry>();
  private readonly handshakes = new Map<string, Slots>();
  private readonly keys = new Map<string, Promise<ParsedKey>>();
  private readonly doubts = new Doubts();
  private readonly closing = new AbortController();

  constructor(private readonly limits: Required<PoolLimits>) {}

  async lease(
    options: ConnectionOptions,
    dial: DialOptions = {},
  ): Promise<RemoteHost> {
    const { connection, release } = await this.share(options, dial);
    const doubts = this.doubts.of(connectionId(options));
    const beside = (signal?: AbortSignal) =>
      persistently(options, signal ? { signal } : {}, (stop) =>
        this.dial(
          options,
          AbortSignal.any([this.closing.signal, ...(stop ? [stop] : [])]),
        ),
      );
    return new LeasedHost(connection, doubts, beside, release);
  }

  close(): void {
    this.closing.abort(new Error("the pool was closed"));
    for (const { connection } of this.entries.values())
      connection?.close("the connection was closed by us");
    this.entries.clear();
  }

  private async share(
    options: ConnectionOptions,
    dial: DialOptions,
  ): Promise<{ connection: Connection; release: () => void }> {
    const id = connectionId(options);
    const connection = await persistently(options, dial, (signal) =>
      this.connect(id, options, signal),
    );
    const entry = this.entry(id);
    entry.leases++;
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      entry.leases--;
      this.sweep(id, entry);
    };
    // another lease may have ended it while this one was on its way here
    if (entry.connection === connection && !connection.lost)
      return { connection, release };
    release();
    return this.share(options, dial);
  }

  /** The connection that is there, or one try to make it, shared by all who want it now. */
  private connect(
    id: string,
    options: ConnectionOptions,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    const entry = this.entry(id);
    if (entry.connection?.lost) entry.connection = null;
    if (entry.connection) return Promise.resolve(entry.connection);
    if (!entry.dialing || entry.dialing.abandoned)
      entry.dialing = this.startDialing(id, entry, options);
    return entry.dialing.join(signal);
  }

  private startDialing(
    id: string,
    entry: Entry,
    options: ConnectionOptions,
  ): SharedDial<Connection> {
    const dialing = new SharedDial(this.closing.signal, async (stop) => {
      try {
        const connection = await this.dial(options, stop);
        return this.keep(entry, connection);
      } finally {
        if (entry.dialing === dialing) entry.dialing = null;
        // all who waited may have left in the very moment it succeeded
        setImmediate(() => this.sweep(id, entry));
      }
    });
    return dialing;
  }

  /** One connection an entry: of two that came at once the second goes. */
  private keep(entry: Entry, connection: Connection): Connection {
    if (!entry.connection || entry.connection.lost) {
      entry.connection = connection;
      return connection;
    }
    connection.close("there is one already");
    return entry.connection;
  }

  private async dial(
    options: ConnectionOptions,
    signal: AbortSignal,
  ): Promise<Connection> {
    const key = await this.openKey(options);
    const known = await withKnownHosts(options);
    const jump = options.proxy
      ? await this.share(options.proxy, { signal })
      : null;
    const { execs, keepalive } = this.limits;
    let free: (() => void) | undefined;
    try {
      free = await this.handshakesOf(options).take(signal);
      const way = {
        options: known,
        key,
        jump: jump?.connection ?? null,
        execs,
        keepalive,
      };
      const connection = await dialOnce(way, signal);
      if (jump) connection.onLost(jump.release);
      return connection;
    } catch (error) {
      jump?.release();
      throw error;
    } finally {
      free?.();
    }
  }

  private openKey(options: ConnectionOptions): Promise<ParsedKey> | null {
    const { privateKey, privateKeyPassword } = options;
    if (privateKey === undefined) return null;
    // a hundred hosts may share one key that takes half a second to decrypt
    const id = digest([privateKey, privateKeyPassword]);
    let key = this.keys.get(id);
    if (!key) {
      key = openKey(privateKey, privateKeyPassword);
      key.catch(() => this.keys.delete(id));
      this.keys.set(id, key);
    }
    return key;
  }

  private handshakesOf({ host, port, proxy }: ConnectionOptions): Slots {
    const id = digest([host, port, proxy ? connectionId(proxy) : null]);
    let slots = this.handshakes.get(id);
    if (!slots) {
      slots = new Slots(this.limits.handshakes);
      this.handshakes.set(id, slots);
    }
    return slots;
  }

  private entry(id: string): Entry {
    let entry = this.entries.get(id);
    if (!entry) {
      entry = { connection: null, dialing: null, leases: 0 };
      this.entries.set(id, entry);
    }
    return entry;
  }

  private sweep(id: string, entry: Entry): void {
    if (entry.leases > 0 || entry.dialing) return;
    entry.connection?.close("the connection was closed by us");
    entry.connection = null;
    if (this.entries.get(id) === entry) this.entries.delete(id);
  }
}

async function withKnownHosts(
  options: ConnectionOptions,
): Promise<ConnectionOptions> {
  const { hostKey, knownHosts, insecureIgnoreHostKey } = options;
  const given = [hostKey, knownHosts].some((value) => value !== undefined);
  if (given || insecureIgnoreHostKey) return options;
  return { ...options, knownHosts: await readKnownHosts() };
}

import type {
  ConnectionOptions,
  DialOptions,
  HostPool,
  RemoteHost,
  RunResult,
} from "../ssh/types";

/** The way to one host over the whole run of an action: the connection in use, and another one after it was lost. */
export class Link {
  private current: RemoteHost | null = null;

  constructor(
    private readonly connection: ConnectionOptions,
    private readonly deps: { hosts: HostPool },
  ) {}

  /**
   * The connected host. Only to be used after `dial`. A connection may die while it is idle, in a long wait for
   * the lock, say: what could not be sent for that reason is sent over a new one.
   */
  get host(): RemoteHost {
    const host = this.current;
    if (!host) throw new Error("the host was not dialled");
    return {
      run: async (script, options = {}) => {
        const result = await this.now.run(script, options);
        return couldNotBeSent(result) && !options.signal?.aborted
          ? this.runAnew(script, options, result)
          : result;
      },
      awaitGuard: (...question) => this.now.awaitGuard(...question),
      fateOf: (...question) => this.now.fateOf(...question),
      ...(host.look ? { look: host.look.bind(host) } : {}),
      ...(host.alive ? { alive: host.alive.bind(host) } : {}),
      release: () => this.close(),
    };
  }

  /** @throws DialError */
  async dial(options: DialOptions): Promise<RemoteHost> {
    return this.lease(this.connection, options);
  }

  /** Another lease: the same connection if it is well, else a new one. @throws DialError */
  async redial(options: DialOptions & { tries?: number }): Promise<RemoteHost> {
    const { tries, ...dial } = options;
    const limit = tries ?? this.connection.dialErrorLimit;
    return this.lease({ ...this.connection, dialErrorLimit: limit }, dial);
  }

  private get now(): RemoteHost {
    if (!this.current) throw new Error("the connection was given back");
    return this.current;
  }

  private async runAnew(
    ...[script, options, first]: [...Parameters<RemoteHost["run"]>, RunResult]
  ): Promise<RunResult> {
    try {
      const signal = options?.signal;
      await this.redial(signal ? { signal } : {});
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return first.kind === "unknown"
        ? { ...first, reason: `${first.reason}; connecting again: ${why}` }
        : first;
    }
    return this.now.run(script, options);
  }

  close(): void {
    this.current?.release();
    this.current = null;
  }

  private async lease(
    connection: ConnectionOptions,
    options: DialOptions,
  ): Promise<RemoteHost> {
    const host = await this.deps.hosts.lease(connection, options);
    this.current?.release();
    this.current = host;
    return host;
  }
}

/** There was no connection any more: not even a part of it has left this machine. */
function couldNotBeSent(result: RunResult): boolean {
  return result.kind === "unknown" && result.started === false;
}

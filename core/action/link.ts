import type {
  ConnectionOptions,
  DialOptions,
  HostPool,
  RemoteHost,
} from "../ssh/types";

/** The way to one host over the whole run of an action: the connection in use, and another one after it was lost. */
export class Link {
  private current: RemoteHost | null = null;

  constructor(
    private readonly connection: ConnectionOptions,
    private readonly deps: { hosts: HostPool },
  ) {}

  /** The connected host. Only to be used after `dial`. */
  get host(): RemoteHost {
    if (!this.current) throw new Error("the host was not dialled");
    return this.current;
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

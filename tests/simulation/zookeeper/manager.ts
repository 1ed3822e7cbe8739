import { EventEmitter } from "node:events";
import library from "node-zookeeper-client";
import type { Party, World } from "../time/world";
import { ServerConnection, type ClientEnd } from "./connection";
import { serverOf, type Session } from "./ensemble";
import {
  CONNECTION_LOSS,
  type Answer,
  type Request,
  type WatchEvent,
} from "./requests";
import { ClientWatches, type ClientWatcher } from "./client-watches";

/** The library's numbers of a connection's states. */
export const STATES = {
  DISCONNECTED: 0,
  CONNECTING: 1,
  CONNECTED: 2,
  CLOSING: -1,
  CLOSED: -2,
  SESSION_EXPIRED: -3,
};

interface Pending {
  request: Request;
  done: (answer: Answer) => void;
}

/** What the library has of a TCP connection. */
class Socket extends EventEmitter {
  destroyed = false;

  constructor(
    readonly connection: ServerConnection | null,
    private readonly world: World,
    private readonly party: Party,
    private readonly onClose: () => void,
  ) {
    super();
  }

  cork(): void {}
  uncork(): void {}

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.connection?.leave();
    this.world.after(
      0,
      () => {
        this.onClose();
        this.emit("close");
      },
      this.party,
    );
  }
}

/**
 * The library's connection manager over a simulated network: the same states in
 * the same order, the same retries; a request is an object, not bytes.
 */
export class Manager extends EventEmitter implements ClientEnd {
  state = STATES.DISCONNECTED;
  socket: Socket | undefined;
  readonly servers: { host: string; port: number }[];
  readonly packetQueue: { queue: Pending[] } = { queue: [] };
  readonly watches = new ClientWatches();
  readonly credentials: string[] = [];
  connectTimeout: number;
  connectTimeoutHandler: ReturnType<typeof setTimeout> | null = null;
  sessionId = 0;
  private zxid = 0;
  private tried = 0;
  private next: number;
  private pending: Pending[] = [];

  constructor(
    readonly world: World,
    readonly party: Party,
    servers: string,
    public sessionTimeout: number,
    private readonly spinDelay: number,
  ) {
    super();
    this.servers = servers.split(",").map((server) => {
      const [host, port] = server.split(":");
      return { host: host!, port: Number(port) };
    });
    this.next = Math.floor(world.dice.next() * this.servers.length);
    this.connectTimeout = Math.floor(sessionTimeout / this.servers.length);
  }

  registerDataWatcher(path: string, watcher: ClientWatcher): void {
    this.watches.add("data", path, watcher);
  }

  /** Nothing comes in bytes. */
  onSocketData(): void {}

  private setState(state: number): void {
    if (this.state === state) return;
    this.state = state;
    this.emit("state", state);
  }

  connect(): void {
    this.setState(STATES.CONNECTING);
    const { servers } = this;
    const pause = this.tried >= servers.length;
    this.tried = pause ? 0 : this.tried + 1;
    const wait = pause ? this.world.dice.next() * this.spinDelay : 0;
    this.world.after(
      wait,
      () => this.dial(servers[this.next++ % servers.length]!.host),
      this.party,
    );
  }

  private dial(host: string): void {
    const { world, party } = this;
    const server = serverOf(world, host);
    const connection = server?.up ? new ServerConnection(server, this) : null;
    const socket = new Socket(connection, world, party, () =>
      this.onSocketClosed(socket),
    );
    this.socket = socket;
    if (!connection) return socket.destroy();
    const latency = server!.ensemble.latency();
    world.after(
      latency,
      () => {
        if (!socket.destroyed) this.onSocketConnected();
      },
      party,
    );
  }

  onSocketConnected(): void {
    const { sessionId: session, zxid, sessionTimeout: timeout } = this;
    this.socket!.connection!.open({ session, zxid, timeout }, this.credentials);
  }

  private onSocketClosed(socket: Socket): void {
    if (socket !== this.socket) return;
    const { state } = this;
    for (const { done } of this.pending.splice(0))
      done({ err: CONNECTION_LOSS, zxid: 0 });
    this.setState(STATES.DISCONNECTED);
    if (state === STATES.CLOSING || state === STATES.SESSION_EXPIRED)
      this.setState(STATES.CLOSED);
    else this.connect();
  }

  // --- what the other end says

  welcome(session: Session | null): void {
    if (this.state !== STATES.CONNECTING) return;
    if (!session) return this.setState(STATES.SESSION_EXPIRED);
    this.tried = 0;
    this.sessionId = session.id;
    this.sessionTimeout = session.timeout;
    this.connectTimeout = Math.floor(session.timeout / this.servers.length);
    const { data, children } = this.watches.paths();
    if (data.length + children.length > 0)
      this.packetQueue.queue.unshift({
        request: { kind: "setWatches", since: this.zxid, data, children },
        done: () => {},
      });
    this.setState(STATES.CONNECTED);
    this.flush();
  }

  answer(answer: Answer): void {
    const first = this.pending.shift();
    this.zxid = answer.zxid;
    first?.done(answer);
  }

  event(event: WatchEvent): void {
    this.watches.fire(event);
  }

  closed(): void {
    this.socket?.destroy();
  }

  // --- what the client asks

  ask(request: Request, done: (answer: Answer) => void): void {
    const { CLOSED, SESSION_EXPIRED, CLOSING } = STATES;
    const over = this.state === CLOSED || this.state === SESSION_EXPIRED;
    if (over || (this.state === CLOSING && request.kind !== "closeSession"))
      return done({ err: CONNECTION_LOSS, zxid: 0 });
    this.packetQueue.queue.push({ request, done });
    this.flush();
  }

  private flush(): void {
    if (this.state !== STATES.CONNECTED && this.state !== STATES.CLOSING)
      return;
    for (const each of this.packetQueue.queue.splice(0)) {
      this.pending.push(each);
      this.socket!.connection!.send(each.request);
    }
  }

  close(): void {
    this.setState(STATES.CLOSING);
    this.ask({ kind: "closeSession" }, () => {});
  }

  /** Of a transaction: in the library's own form, or in ours. */
  queue: (
    request: object,
    done: (error: unknown, answer?: object) => void,
  ) => void = () => {
    throw new Error("no requests in the library's own form");
  };
}

export const { State, Exception } = library;

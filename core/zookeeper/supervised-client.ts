import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { Connection, type Listener } from "./connection";
import {
  authentication,
  hello,
  setWatches,
  type Request,
  type SessionKey,
  type WatchEvent,
  type Welcome,
} from "./protocol";
import type { Reply } from "./replies";
import type { Servers } from "./servers";
import { Watches } from "./watches";
import { whenConnected, type Wait } from "./when-connected";

export interface SessionOptions {
  servers: Servers;
  /** Credentials, sent before the first operation of each connection. */
  auth?: { scheme: string; credentials: string }[];
  /** Milliseconds after which the server forgets a silent client; the server may clamp it. @default 15000 */
  sessionTimeout?: number;
  /** Milliseconds for one operation. @default a third of the negotiated session time-out, and 300 */
  operationTimeout?: number;
}

export type SessionState = "connected" | "suspended" | "refused" | "closed";

/** Of a session that the server does not know yet. */
const NEW: SessionKey = { id: 0n, password: Buffer.alloc(16) };
/** Longest pause between two rounds over the servers, ms. */
const PAUSE = 100;
/** Characters of watched paths in one request: far below what servers take. */
const WATCHES_AT_ONCE = 100_000;

/**
 * ZooKeeper sessions, one after another, that know when they are lost. A
 * heartbeat notices a server that stops answering, each operation has a
 * deadline, and a session counts as lost as soon as the server may have given
 * up on it: by our own monotonic clock, counted from the sending of the last
 * request that was answered.
 *
 * Events: `connected`, `suspended`, `lost` (the session is over; a new one is
 * being opened, `epoch` has changed), `refused`, `closed`.
 */
export class SupervisedClient extends EventEmitter {
  /** Counts sessions: what was learnt in another epoch may be newer than what this one reads. */
  epoch = 0;
  state: SessionState = "suspended";
  /** Names the live nodes of this epoch. */
  liveName = "";
  /** Requests sent, by kind: benchmarks and tests read it. */
  readonly sent = new Map<string, number>();
  protected watches = new Watches();
  /** Milliseconds, as the server granted it. */
  sessionTimeout: number;
  private connection: Connection | null = null;
  private key = NEW;
  /** Newest change that this session has seen. */
  private zxid = 0n;
  private readonly hosts: Servers["hosts"];
  private nextHost = 0;
  /** Connections tried since the last one that stood. */
  private tries = 0;
  private pause: NodeJS.Timeout | null = null;
  private helloAt = 0;
  private lastAnswered = 0;
  private supervisedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private problem = "";

  constructor(protected readonly options: SessionOptions) {
    super();
    this.setMaxListeners(0); // each waiter listens for `lost`
    this.sessionTimeout = options.sessionTimeout ?? 15_000;
    this.hosts = shuffled(options.servers.hosts);
    this.open();
    this.timer = setInterval(() => this.supervise(), 50);
  }

  /** What the user wrote, in one spelling. */
  get servers(): string {
    return this.options.servers.text;
  }

  get chroot(): string {
    return this.options.servers.chroot;
  }

  /** Hexadecimal, as the server's log and `cons` have it. */
  get sessionId(): string {
    return BigInt.asUintN(64, this.key.id).toString(16);
  }

  /** Why there is no connection, as far as it is known. */
  get reason(): string {
    return this.problem || `no connection to ${this.servers}`;
  }

  /** A new session. */
  private open(): void {
    this.epoch += 1;
    this.liveName = `l-${randomBytes(6).toString("hex")}`;
    this.lastAnswered = 0;
    this.key = NEW;
    this.zxid = 0n;
    this.watches = new Watches();
    this.connect();
  }

  /** The next server; after a round over all of them, a pause. */
  private connect(): void {
    const server = this.hosts[this.nextHost++ % this.hosts.length]!;
    this.tries += 1;
    const current = () => this.connection === connection;
    const listener: Listener = {
      hello: () => {
        // a session's time runs at the server from the request that opens or resumes it
        this.helloAt = performance.now();
        return hello(
          this.key,
          this.options.sessionTimeout ?? 15_000,
          this.zxid,
        );
      },
      welcome: (welcome) => (current() ? this.welcomed(welcome) : []),
      opened: () => current() && this.opened(),
      answered: (sentAt) => {
        if (current()) this.lastAnswered = Math.max(this.lastAnswered, sentAt);
      },
      zxid: (zxid) => {
        if (current()) this.zxid = zxid;
      },
      event: (event) => current() && this.fire(event),
      authenticationFailed: () => current() && this.refuse(),
      ended: () => current() && this.disconnected(),
    };
    const connection = new Connection(server, listener);
    this.connection = connection;
  }

  private welcomed({ timeout, id, password }: Welcome): Buffer[] {
    if (timeout <= 0) {
      this.lose("the server says that the session has expired");
      return [];
    }
    this.key = { id, password };
    this.sessionTimeout = timeout;
    this.tries = 0;
    return [
      ...(this.options.auth ?? []).map(({ scheme, credentials }) =>
        authentication(scheme, credentials),
      ),
      ...this.watchesAgain(),
    ];
  }

  private watchesAgain(): Buffer[] {
    const frames: Buffer[] = [];
    for (const kind of ["data", "children"] as const) {
      let paths: string[] = [];
      let length = 0;
      const close = () => {
        if (paths.length === 0) return;
        const [data, children] = kind === "data" ? [paths, []] : [[], paths];
        frames.push(setWatches(this.zxid, data, children));
        [paths, length] = [[], 0];
      };
      for (const path of this.watches.paths(kind)) {
        const full = this.full(path);
        paths.push(full);
        length += full.length;
        if (length > WATCHES_AT_ONCE) close();
      }
      close();
    }
    return frames;
  }

  private opened(): void {
    this.state = "connected";
    this.lastAnswered = this.helloAt;
    this.emit("connected");
  }

  private fire(event: WatchEvent): void {
    const path = event.path.slice(this.chroot.length) || "/";
    this.watches.fire({ ...event, path });
  }

  private refuse(): void {
    this.problem = `${this.servers} refused the credentials`;
    this.state = "refused";
    this.leave("AUTH_FAILED");
    this.emit("refused");
  }

  private disconnected(): void {
    this.connection = null;
    const wasConnected = this.state === "connected";
    if (wasConnected) this.state = "suspended";
    if (this.tries % this.hosts.length !== 0) this.connect();
    else
      this.pause = setTimeout(() => {
        this.pause = null;
        this.connect();
      }, Math.random() * PAUSE);
    if (wasConnected) this.emit("suspended");
  }

  /** Nothing of the connection, or of the one to come, is of interest any more. */
  private leave(code: Reply["code"]): void {
    if (this.pause) clearTimeout(this.pause);
    this.pause = null;
    const { connection } = this;
    this.connection = null;
    connection?.end(code);
  }

  /** This session is over for us, whatever the server thinks of it. */
  private lose(why: string): void {
    if (this.state === "closed" || this.state === "refused") return;
    this.problem = why;
    this.state = "suspended";
    const { connection } = this;
    if (this.pause) clearTimeout(this.pause);
    this.pause = null;
    this.open(); // before anybody is told
    connection?.end("NEW_SESSION");
    this.emit("lost", why);
  }

  /** Every 50 ms: is the session over, does the server still answer, does a connection come about? */
  private supervise(): void {
    const now = performance.now();
    const limit = this.sessionTimeout;
    if (this.lastAnswered > 0 && now - this.lastAnswered > limit)
      return this.lose(`no answer for ${Math.round(limit)} ms`);
    const blocked = now - this.supervisedAt > 200;
    this.supervisedAt = now;
    if (blocked) return; // answers may have come that nobody has read yet
    const { connection } = this;
    if (!connection) return;
    if (this.state === "connected") {
      const { operationTimeout = limit / 3 + 300 } = this.options;
      connection.giveUp(now - operationTimeout, "TIMEOUT");
      const { pingedAt } = connection;
      if (pingedAt !== null && now - pingedAt > limit / 3)
        connection.end("CONNECTION_LOSS"); // half-open: the next server
      else if (pingedAt === null && now - this.lastAnswered > limit / 6)
        connection.ping();
    } else if (now - connection.since > limit / 6 + 200)
      connection.end("CONNECTION_LOSS");
  }

  /** Resolves when operations can be sent. @throws when it is aborted, late, refused or closed */
  async ready(wait: Wait): Promise<void> {
    if (this.state !== "connected") await whenConnected(this, wait);
  }

  /** Sends one request; its answer, or why there is none. Never rejects. */
  protected call<R extends Reply>(
    request: Request<R>,
    succeeded?: () => void,
  ): Promise<R> {
    const { state, connection } = this;
    if (state !== "connected" || !connection) {
      const code = state === "refused" ? "AUTH_FAILED" : "CONNECTION_LOSS";
      return Promise.resolve({ code, unsent: true } as R);
    }
    const { kind } = request;
    this.sent.set(kind, (this.sent.get(kind) ?? 0) + 1);
    return connection.send(request, succeeded);
  }

  /** "/" is the chroot itself. */
  protected full(path: string): string {
    return (path === "/" ? this.chroot : this.chroot + path) || "/";
  }

  /** Ends the session at the server if it can be reached within `within` milliseconds; frees everything in any case. */
  async close(within = 1000): Promise<void> {
    if (this.state === "closed") return;
    const wasConnected = this.state === "connected";
    this.state = "closed";
    clearInterval(this.timer);
    const { connection } = this;
    const farewell = wasConnected ? connection?.goodbye(within) : undefined;
    this.emit("closed");
    await farewell;
    this.leave("CONNECTION_LOSS");
  }
}

/** So that not all clients begin with the same server. */
function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((each) => ({ each, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each);
}

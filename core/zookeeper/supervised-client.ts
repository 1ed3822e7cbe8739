import { EventEmitter } from "node:events";
import {
  ANSWER_TOO_LARGE,
  CREDENTIALS_DEMANDED,
  abandon,
  CONNECTING,
  createClient,
  inOnePiece,
  internals,
  type Client,
} from "./client";
import { InFlight } from "./in-flight";
import type { Code, DataReply, Reply } from "./replies";
import type { Servers } from "./servers";
import { system, type System } from "./system";
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
  /** Time and chance. @default the machine's */
  system?: System;
}

/** Milliseconds between two looks at a session. */
const PERIOD = 50;

/** What changes nothing, by kind. */
const READS = new Set(["exists", "getData", "getChildren", "getACL"]);

export type SessionState = "connected" | "suspended" | "refused" | "closed";

/**
 * ZooKeeper sessions, one after another, that know when they are lost. The
 * library does not notice a server that stops answering; here a heartbeat
 * does, each operation has a deadline, and a session counts as lost as soon as
 * the server may have given up on it: by our own monotonic clock, counted from
 * the sending of the last request that was answered.
 *
 * Events: `connected`, `suspended`, `lost` (the session is over; a new one is
 * being opened, `epoch` has changed).
 */
export abstract class SupervisedClient extends EventEmitter {
  /** Counts sessions: what was learnt in another epoch may be newer than what this one reads. */
  epoch = 0;
  state: SessionState = "suspended";
  /** Names the live nodes of this epoch. */
  liveName = "";
  /** Requests sent, by kind: benchmarks and tests read it. */
  readonly sent = new Map<string, number>();
  readonly system: System;
  private client!: Client;
  protected watches = new Watches();
  private readonly inFlight = new InFlight();
  private openedAt = 0;
  private lastAnswered = 0;
  private supervisedAt: number;
  private beating: { since: number } | null = null;
  private connecting: { socket: unknown; since: number } | null = null;
  private readonly timer: NodeJS.Timeout;
  private problem = "";
  /** What is answered once the session is refused. */
  private refusal: Code = "AUTH_FAILED";

  constructor(protected readonly options: SessionOptions) {
    super();
    this.system = options.system ?? system;
    this.supervisedAt = this.system.now();
    this.setMaxListeners(0); // each waiter listens for `lost`
    this.open();
    this.timer = setInterval(() => this.supervise(), PERIOD);
  }

  /** What the user wrote, in one spelling. */
  get servers(): string {
    return this.options.servers.text;
  }

  get chroot(): string {
    return this.options.servers.chroot;
  }

  /** Milliseconds, as the server granted it. */
  get sessionTimeout(): number {
    return this.client.getSessionTimeout();
  }

  /** Hexadecimal, as the server's log and `cons` have it. */
  get sessionId(): string {
    return this.client.getSessionId().readBigUInt64BE(0).toString(16);
  }

  /** Why there is no connection, as far as it is known. */
  get reason(): string {
    return this.problem || `no connection to ${this.servers}`;
  }

  private open(): void {
    this.epoch += 1;
    this.liveName = `l-${this.system.random(6)}`;
    this.lastAnswered = 0;
    this.beating = null;
    this.connecting = null;
    this.watches = new Watches();
    const client = createClient(
      this.options.servers,
      this.options.sessionTimeout ?? 15_000,
    );
    this.client = client;
    // a session's time runs at the server from the request that opens or resumes it
    const manager = internals(client);
    const opening = manager.onSocketConnected.bind(manager);
    manager.onSocketConnected = () => {
      this.openedAt = this.system.now();
      opening();
    };
    for (const { scheme, credentials } of this.options.auth ?? [])
      client.addAuthInfo(scheme, Buffer.from(credentials));
    client.on("state", (state) => {
      if (client === this.client) this.onState(state.name);
    });
    client.on(CREDENTIALS_DEMANDED, () => {
      if (client === this.client)
        this.refuse(
          `${this.servers} serves nobody without credentials`,
          "AUTHENTICATION_DEMANDED",
        );
    });
    client.on(ANSWER_TOO_LARGE, () => {
      if (client === this.client) this.inFlight.refuseNext("ANSWER_TOO_LARGE");
    });
    client.connect();
  }

  private onState(name: string): void {
    if (this.state === "closed" || this.state === "refused") return;
    if (name === "SYNC_CONNECTED") {
      this.state = "connected";
      this.lastAnswered = this.openedAt;
      this.emit("connected");
    } else if (name === "DISCONNECTED") {
      this.suspend();
    } else if (name === "EXPIRED") {
      this.lose("the server says that the session has expired");
    } else if (name === "AUTH_FAILED") {
      this.refuse(`${this.servers} refused the credentials`, name);
    }
  }

  /** For good: another try would end the same way. */
  private refuse(problem: string, code: Code): void {
    if (this.state === "closed" || this.state === "refused") return;
    this.problem = problem;
    this.state = "refused";
    this.refusal = code;
    abandon(this.client);
    this.inFlight.endAll(code);
    this.emit("refused");
  }

  private suspend(): void {
    if (this.state !== "connected") return;
    this.state = "suspended";
    this.beating = null;
    this.inFlight.endAll("CONNECTION_LOSS");
    this.emit("suspended");
  }

  /** This session is over for us, whatever the server thinks of it. */
  private lose(why: string): void {
    if (this.state === "closed" || this.state === "refused") return;
    this.problem = why;
    this.state = "suspended";
    const old = this.client;
    this.open();
    abandon(old);
    this.inFlight.endAll("NEW_SESSION");
    this.emit("lost", why);
  }

  /** Again and again: is the session over, does the server still answer, does a connection come about? */
  private supervise(): void {
    const now = this.system.now();
    const limit = this.sessionTimeout;
    const silent = now - this.lastAnswered;
    // the next look would be too late, for it may be late itself
    if (this.lastAnswered > 0 && silent > limit - 2 * PERIOD)
      return this.lose(`no answer for ${Math.round(silent)} ms`);
    const blocked = now - this.supervisedAt > 200;
    this.supervisedAt = now;
    if (blocked) return; // answers may have come that nobody has read yet
    const { socket, state } = internals(this.client);
    if (this.state === "connected") {
      const { operationTimeout = limit / 3 + 300 } = this.options;
      this.inFlight.expire(now - operationTimeout);
      if (!this.beating && now - this.lastAnswered > limit / 6) this.beat(now);
      else if (this.beating && now - this.beating.since > limit / 3)
        socket?.destroy(); // half-open: the next server
    } else if (state === CONNECTING && socket && !socket.destroyed) {
      if (this.connecting?.socket !== socket)
        this.connecting = { socket, since: now };
      else if (now - this.connecting.since > limit / 6 + 200) socket.destroy();
    }
  }

  abstract exists(path: string): Promise<DataReply>;

  private beat(now: number): void {
    const beat = { since: now };
    this.beating = beat;
    void this.exists("/").then(() => {
      if (this.beating === beat) this.beating = null;
    });
  }

  /** Resolves when operations can be sent. @throws when it is aborted, late, refused or closed */
  async ready(wait: Wait): Promise<void> {
    if (this.state !== "connected") await whenConnected(this, wait);
  }

  /** Sends one request; its answer, or why there is none. */
  protected call<R extends Reply>(
    kind: string,
    send: (client: Client, done: (reply: R) => void) => void,
  ): Promise<R> {
    const { state, client } = this;
    if (state !== "connected") {
      const code = state === "refused" ? this.refusal : "CONNECTION_LOSS";
      return Promise.resolve({ code, unsent: true } as R);
    }
    this.sent.set(kind, (this.sent.get(kind) ?? 0) + 1);
    const sentAt = this.system.now();
    inOnePiece(client);
    return this.inFlight.run<R>(sentAt, READS.has(kind), (answered) =>
      send(client, (reply) => {
        const { code } = reply;
        const lost = code === "CONNECTION_LOSS" || code === "SESSION_EXPIRED";
        if (!lost && client === this.client)
          this.lastAnswered = Math.max(this.lastAnswered, sentAt);
        answered(reply);
      }),
    );
  }

  /** Ends the session at the server if it can be reached within `within` milliseconds; frees everything in any case. */
  async close(within = 1000): Promise<void> {
    if (this.state === "closed") return;
    const wasConnected = this.state === "connected";
    this.state = "closed";
    clearInterval(this.timer);
    this.inFlight.endAll("CONNECTION_LOSS");
    this.emit("closed");
    const { client } = this;
    const { socket } = internals(client);
    if (wasConnected && socket && !socket.destroyed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, within);
        socket.once("close", () => {
          clearTimeout(timer);
          resolve();
        });
        client.close();
      });
    }
    abandon(client);
  }
}

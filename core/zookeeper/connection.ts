import net from "node:net";
import {
  closeSession,
  codeOf,
  number,
  PING,
  readEvent,
  readWelcome,
  XID,
  type Request,
  type WatchEvent,
  type Welcome,
} from "./protocol";
import type { Code, Reply } from "./replies";
import { Frames, Reader } from "./wire";

/** What a connection tells its session. Nothing is told after `ended`. */
export interface Listener {
  /** TCP stands: the first frame, which opens or resumes the session. */
  hello(): Buffer;
  /** The server's answer to it; returns what is to be sent before all else. */
  welcome(welcome: Welcome): Buffer[];
  /** Requests may be sent. */
  opened(): void;
  /** `sentAt`: when the request was sent that is answered, `performance.now()`. */
  answered(sentAt: number): void;
  /** Of a change of the tree: nothing that this session has seen was newer. */
  zxid(zxid: bigint): void;
  event(event: WatchEvent): void;
  authenticationFailed(): void;
  ended(): void;
}

interface Pending {
  xid: number;
  sentAt: number;
  request: Request;
  /** Called when an answer of success is read, in its place among the events. */
  succeeded?: () => void;
  resolve: ((reply: Reply) => void) | null;
}

const ZERO = 0n;

/** One TCP connection to one server: requests out, answers and events in, in the server's order. */
export class Connection {
  /** `performance.now()` */
  readonly since = performance.now();
  /** The session stands. */
  open = false;
  private readonly socket: net.Socket;
  private readonly frames = new Frames();
  private pending: Pending[] = [];
  private pings: number[] = [];
  private unsent: Buffer[] = [];
  private xid = 0;
  private over = false;

  constructor(
    server: { host: string; port: number },
    private readonly listener: Listener,
  ) {
    this.socket = net.connect(server);
    this.socket
      .setNoDelay(true)
      .on("connect", () => this.socket.write(listener.hello()))
      .on("data", (chunk: Buffer) => this.read(chunk))
      .on("error", () => {}) // `close` follows
      .on("close", () => this.end("CONNECTION_LOSS"));
  }

  /** Resolves with its answer, its deadline or the end of this connection. */
  send<R extends Reply>(
    request: Request<R>,
    succeeded?: () => void,
  ): Promise<R> {
    return new Promise<R>((resolve) => {
      number(request, this.xid);
      this.pending.push({
        xid: this.xid,
        sentAt: performance.now(),
        request,
        succeeded,
        resolve: resolve as (reply: Reply) => void,
      });
      this.xid = (this.xid + 1) & 0x7fffffff;
      this.write(request.frame);
    });
  }

  ping(): void {
    this.pings.push(performance.now());
    this.write(PING);
  }

  /** When the ping was sent that has no answer yet; null: all have. */
  get pingedAt(): number | null {
    return this.pings[0] ?? null;
  }

  /** Awaits no longer what was sent before `time`: its outcome is unknown. */
  giveUp(time: number, code: Code): void {
    for (const pending of this.pending) {
      if (pending.sentAt >= time) return;
      pending.resolve?.({ code });
      pending.resolve = null;
    }
  }

  /** Ends it at once: nothing will be answered, nothing is sent any more. */
  end(code: Code): void {
    if (this.over) return;
    this.over = true;
    this.open = false;
    this.socket.destroy();
    this.giveUp(Infinity, code);
    this.pending = [];
    this.unsent = [];
    this.listener.ended();
  }

  /** Asks the server to end the session; resolves when it has, or after `within` milliseconds. */
  async goodbye(within: number): Promise<void> {
    this.giveUp(Infinity, "CONNECTION_LOSS");
    if (this.open)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, within);
        this.socket.once("close", () => {
          clearTimeout(timer);
          resolve();
        });
        void this.send(closeSession()).then(() => this.end("CONNECTION_LOSS"));
      });
    this.end("CONNECTION_LOSS");
  }

  /** What is asked in one go leaves in one piece. */
  private write(frame: Buffer): void {
    if (this.unsent.push(frame) === 1) process.nextTick(this.flush);
  }

  private readonly flush = (): void => {
    const frames = this.unsent;
    this.unsent = [];
    if (this.over || frames.length === 0) return;
    this.socket.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames));
  };

  private read(chunk: Buffer): void {
    try {
      this.frames.feed(chunk, (body) => {
        if (this.over) return;
        if (this.open) this.answer(body);
        else this.opened(body);
      });
    } catch {
      this.end("CONNECTION_LOSS"); // it cannot be read: another protocol, or a bad server
    }
  }

  private opened(body: Buffer): void {
    const welcome = readWelcome(body);
    const first = this.listener.welcome(welcome);
    if (this.over) return;
    this.open = true;
    for (const frame of first) this.write(frame);
    this.listener.opened();
  }

  private answer(body: Buffer): void {
    const answer = new Reader(body);
    const xid = answer.int();
    const zxid = answer.long();
    const error = answer.int();
    switch (xid) {
      case XID.event:
        return this.listener.event(readEvent(answer));
      case XID.ping:
        return this.listener.answered(this.pings.shift() ?? 0);
      case XID.auth:
        if (error !== 0) this.listener.authenticationFailed();
        return;
      case XID.setWatches:
        return;
    }
    const pending = this.pending.shift();
    if (pending?.xid !== xid) throw new RangeError("an answer out of order");
    if (zxid > ZERO) this.listener.zxid(zxid);
    const { request, resolve, sentAt, succeeded } = pending;
    this.listener.answered(sentAt);
    const code = codeOf(error);
    const reply = error === 0 ? { code, ...request.read(answer) } : { code };
    if (!resolve) return; // too late
    if (reply.code === "OK") succeeded?.();
    resolve(reply);
  }
}

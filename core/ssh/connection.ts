import { setTimeout as pause } from "node:timers/promises";
import type { Client, ClientChannel } from "ssh2";
import { Slots } from "./slots";

/** How a channel could not be opened. */
export class ChannelError extends Error {
  constructor(
    message: string,
    /** The host has no room for another session now, but may have soon. */
    readonly busy: boolean,
  ) {
    super(message);
  }
}

/** Another connection to the same host, of one's own. @throws Error */
export type Dial = (signal?: AbortSignal) => Promise<Connection>;

/** Milliseconds for a goodbye before the socket is closed without one. */
const GOODBYE = 2_000;
/** Milliseconds for the last processes of a script to go; what stays longer was left in the background. */
const LINGER = 1_000;

/** An authenticated connection. It knows when, and why, it is lost. */
export class Connection {
  /** Why the connection is no more; null while it is there. */
  lost: string | null = null;
  /** The boot of the host, once a script has told it. */
  boot: string | null = null;
  /** Scripts that have a session on it. */
  sessions = 0;
  /** Scripts that had one, and how many of them have told their end. */
  served = 0;
  told = 0;
  readonly slots: Slots;
  private readonly lingering = new Set<Promise<void>>();
  private readonly listeners = new Set<() => void>();
  private reason: string | null = null;

  constructor(
    private readonly client: Client,
    private readonly destroy: () => void,
    execs: number,
  ) {
    this.slots = new Slots(execs);
    // for life: what comes late must not end the process
    client.on("error", (error) => {
      this.reason ??= describeLoss(error);
    });
    client.on("close", () => this.lose("the host closed the connection"));
    client.on("end", () => this.lose("the host closed the connection"));
  }

  /** The host has closed it after one session that ended in order: it has no more than one for each connection. */
  get single(): boolean {
    return this.lost !== null && this.served === 1 && this.told === 1;
  }

  /** Calls back once, when the connection is lost. Returns how to forget that. */
  onLost(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Starts a command. `accept` is called before anything of the new channel can be missed: a command may be over at once. */
  exec<T>(command: string, accept: (channel: ClientChannel) => T): Promise<T> {
    return this.open((done) => this.client.exec(command, done), accept);
  }

  /** A stream to another host, as seen from this one. */
  forward(host: string, port: number): Promise<ClientChannel> {
    return this.open(
      (done) => this.client.forwardOut("127.0.0.1", 0, host, port, done),
      (channel) => channel,
    );
  }

  /** A script has given its answer; its last processes are gone when `over` resolves. */
  lingers(over: Promise<void>): void {
    this.lingering.add(over);
    void over.then(() => this.lingering.delete(over));
  }

  /** Resolves when nothing is left of the scripts that have given their answers. */
  async quiet(): Promise<void> {
    if (this.lingering.size === 0) return;
    const late = pause(LINGER, undefined, { ref: false });
    await Promise.race([Promise.all(this.lingering), late]);
  }

  /** Says goodbye, and closes the socket whether there is an answer or not. */
  close(reason: string): void {
    this.reason ??= reason;
    this.client.end();
    setTimeout(() => this.destroy(), GOODBYE).unref();
    this.lose(reason);
  }

  /** Closes the socket at once. */
  abandon(reason: string): void {
    this.reason ??= reason;
    this.destroy();
    this.lose(reason);
  }

  private open<T>(
    start: (
      done: (error: Error | undefined, channel: ClientChannel) => void,
    ) => void,
    accept: (channel: ClientChannel) => T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.lost) return reject(new ChannelError(this.lost, false));
      // a dead host answers nothing: keepalive ends the wait
      const forget = this.onLost(() =>
        reject(new ChannelError(this.lost ?? "connection lost", false)),
      );
      const done = (error: Error | undefined, channel: ClientChannel) => {
        forget();
        if (!error) return resolve(accept(channel));
        reject(new ChannelError(error.message, hasNoRoom(error)));
      };
      try {
        start(done);
      } catch (error) {
        forget();
        reject(new ChannelError((error as Error).message, false));
      }
    });
  }

  private lose(reason: string): void {
    if (this.lost) return;
    this.lost = this.reason ?? reason;
    for (const listener of this.listeners) listener();
    this.listeners.clear();
  }
}

/** In all these cases nothing was run. */
function hasNoRoom(error: Error & { reason?: number }): boolean {
  const { reason, message } = error;
  // 2: connect failed, what OpenSSH says beyond MaxSessions; 4: resource shortage
  if (reason === 2 || reason === 4) return true;
  // dropbear opens the channel, and refuses the command; tinysshd has one session for each connection
  return message === "Unable to exec" || /only one .*session/.test(message);
}

function describeLoss(error: Error & { level?: string }): string {
  if (error.level === "client-timeout") return "the host stopped answering";
  return `the connection broke: ${error.message}`;
}

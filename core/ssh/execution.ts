import { randomBytes } from "node:crypto";
import type { ClientChannel } from "ssh2";
import { openChannel } from "./channel";
import type { Connection } from "./connection";
import { conclude, type Exit } from "./conclusion";
import { MarkedOutput } from "./marked-output";
import {
  commandLine,
  GO,
  program,
  PROMPT,
  READY,
  wholeSeconds,
} from "./program";
import type { RunResult, Script } from "./types";
import { KILL_AFTER } from "./watchdog";

/** Milliseconds without output after the exit of the script, when something else keeps its outputs open. */
const QUIET = 1_000;
/** Milliseconds to wait for outputs after the exit in any case, and for the host to close the channel after the last words. */
const REST = 5_000;
/** Seconds for a login shell and `sudo` to let us through. */
const START_LIMIT = 60;
/** Seconds beyond the deadline on the host before its silence counts as lost. */
const SILENCE = 20;

/** Sends a script to a host. @throws ChannelError */
export async function begin(
  connection: Connection,
  script: Script,
  signal?: AbortSignal,
): Promise<Execution> {
  const token = `locked-action-${randomBytes(16).toString("hex")}`;
  const plan = { script, token, input: program(script, token) };
  return openChannel(
    connection,
    commandLine(script),
    (channel) => new Execution(connection, channel, plan),
    signal,
  );
}

/** What goes over a channel. */
interface Plan {
  script: Script;
  token: string;
  /** The program. */
  input: string;
}

/** One script on its channel, from the first byte to the result. */
export class Execution {
  readonly result: Promise<RunResult>;
  /** Resolves when its processes are gone and the host's session is free for another script. */
  readonly over: Promise<void>;
  private readonly stdout: MarkedOutput;
  private readonly stderr: MarkedOutput;
  private sentAt = performance.now();
  private readonly limit: number;
  private exit: Exit | null = null;
  private exitedAt: number | null = null;
  private resolve!: (result: RunResult) => void;
  private free!: () => void;
  private timers: NodeJS.Timeout[] = [];
  private quiet: NodeJS.Timeout | null = null;
  private sent = false;
  /** It was let go without being sent, and never will be. */
  private refused = false;
  private done = false;

  constructor(
    private readonly connection: Connection,
    private readonly channel: ClientChannel,
    private readonly plan: Plan,
  ) {
    this.stdout = new MarkedOutput(plan.token);
    this.stderr = new MarkedOutput(plan.token);
    this.limit = wholeSeconds(plan.script.timeout);
    this.result = new Promise((resolve) => (this.resolve = resolve));
    this.over = new Promise((resolve) => (this.free = resolve));
    connection.sessions++;
    connection.served++;
    void this.over.then(() => connection.sessions--);
    channel.on("error", () => {}); // "close" follows
    channel.stderr.on("error", () => {});
    channel.on("data", (chunk: Buffer) => this.take(this.stdout, chunk));
    channel.stderr.on("data", (chunk: Buffer) => this.take(this.stderr, chunk));
    channel.on("exit", (code: number | null, signal?: string) =>
      this.exited(code ?? signal ?? null),
    );
    channel.on("close", () => {
      this.finish();
      this.free();
    });
    this.after(START_LIMIT * 1000, () => this.neverReady());
    // a password goes first, the program when a shell says that it is there
    if (this.asks) channel.write(`${plan.script.sudoPassword}\n`);
  }

  /** The process group on the host, once it is known. */
  get group(): number | null {
    return Number(this.stdout.seen.get("at")?.split(" ")[0]) || null;
  }

  /** The boot of the host that it runs in, once it is known. */
  get boot(): string | null {
    return this.stdout.seen.get("at")?.split(" ")[1] || null;
  }

  /** Asks the server of the session to signal it. What was not sent yet never will be. */
  signal(name: "TERM" | "KILL"): void {
    if (!this.sent) this.refused = true;
    this.channel.signal(name);
  }

  /** Ends the wait: something was tried to end the script, and nobody knows whether it did. */
  giveUp(reason: string): void {
    this.finish(reason);
  }

  private get asks(): boolean {
    const { sudo, sudoPassword } = this.plan.script;
    return Boolean(sudo) && sudoPassword !== undefined;
  }

  private sendProgram(): void {
    this.sent = true;
    this.sentAt = performance.now();
    this.deadline();
    this.channel.write(
      this.asks ? `${GO}\n${this.plan.input}` : this.plan.input,
    );
    // not ended: after the end of stdin ssh2 sends no signals any more
  }

  private take(output: MarkedOutput, chunk: Buffer): void {
    if (this.done) return;
    output.push(chunk);
    if (!this.sent) this.converse();
    if (this.connection.boot === null) this.connection.boot = this.boot;
    if (this.complete) this.finish();
    else if (this.exit !== null || this.ended(this.stdout)) this.settle();
  }

  /** The program is sent when a shell of ours is there: not to something else that the host runs, nor taken for another password. */
  private converse(): void {
    if (this.refused) return;
    if (this.stdout.waiting().includes(`\n${READY}\n`))
      return this.sendProgram();
    const prompts = this.stderr.waiting().split(PROMPT).length - 1;
    if (prompts < 2) return;
    this.refused = true;
    this.channel.end(); // the password was wrong
  }

  private neverReady(): void {
    if (this.sent || this.refused) return;
    this.refused = true;
    this.channel.end();
    this.after(REST, () =>
      this.finish(`the host ran no shell of ours within ${START_LIMIT} s`),
    );
  }

  private exited(exit: Exit): void {
    if (this.done) return;
    this.exit ??= exit;
    this.exitedAt ??= performance.now();
    this.after(REST, () => this.finish());
    this.settle();
  }

  /** After an exit without last words: done when no output has come for a while. */
  private settle(): void {
    if (this.quiet) clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.finish(), QUIET);
  }

  /** The script's last words are there, on both outputs: what comes after them is none of it. */
  private get complete(): boolean {
    return this.ended(this.stdout) && this.ended(this.stderr);
  }

  private ended({ seen }: MarkedOutput): boolean {
    return seen.has("end") || seen.has("refused");
  }

  private deadline(): void {
    const seconds = this.limit + KILL_AFTER + SILENCE;
    this.after(seconds * 1000, () =>
      this.finish(
        `the host said nothing for ${SILENCE} s after the deadline of ${this.limit} s`,
      ),
    );
  }

  private after(ms: number, act: () => void): void {
    // a timer beyond 2^31 ms would fire at once
    this.timers.push(setTimeout(act, Math.min(ms, 2 ** 31 - 1)));
  }

  private finish(reason?: string): void {
    if (this.done) return;
    this.done = true;
    if (this.complete) this.connection.told++;
    for (const timer of this.timers) clearTimeout(timer);
    if (this.quiet) clearTimeout(this.quiet);
    this.stdout.finish();
    this.stderr.finish();
    this.leave();
    this.resolve(
      conclude({
        exit: this.exit,
        stdout: this.stdout,
        stderr: this.stderr,
        limit: this.limit,
        elapsed: ((this.exitedAt ?? performance.now()) - this.sentAt) / 1000,
        lost: reason ?? this.connection.lost,
        sent: this.sent,
      }),
    );
  }

  /**
   * The script waits until its last words have been heard. Then the host closes the channel
   * when the processes are gone; what stays was left in the background.
   */
  private leave(): void {
    const ending = this.ended(this.stdout) && this.exit === null;
    if (ending) this.channel.write("\n");
    else this.channel.close();
    setTimeout(() => {
      this.channel.close();
      this.free();
    }, REST).unref();
  }
}

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { startProxy, type Proxy } from "../support/proxy";
import type { Sandbox } from "../support/sandbox";
import type { Told } from "./client";
import type { Journal } from "./journal";
import { TYPESCRIPT } from "../support/typescript";

interface Long {
  lock: string;
  holder: string;
  until: number;
  /** It has met its fate. */
  struck?: boolean;
}

/** A client process that is started again when it was killed, behind proxies of its own. */
export class Client {
  private process: ChildProcess | null = null;
  private incarnation = 0;
  /** Exit codes of those that ended by themselves. */
  readonly ends: (number | null)[] = [];
  /** How often each lock was got. */
  readonly got = new Map<string, number>();
  /** An act of its that takes long: until when, by the machine's clock. */
  long: Long | null = null;

  private constructor(
    private readonly sandbox: Sandbox,
    readonly proxies: Proxy[],
    private readonly workers: { first: number; count: number },
    private readonly number: number,
    private readonly journal: Journal,
  ) {}

  static async start(
    sandbox: Sandbox,
    ports: number[],
    workers: { first: number; count: number },
    number: number,
    journal: Journal,
  ): Promise<Client> {
    const proxies = await Promise.all(ports.map((port) => startProxy(port)));
    const client = new Client(sandbox, proxies, workers, number, journal);
    client.start();
    return client;
  }

  get name(): string {
    return `client${this.number}.${this.incarnation}`;
  }

  get journalFile(): string {
    return path.join(this.sandbox.dir, `journal-${this.number}`);
  }

  start(): void {
    this.incarnation += 1;
    const { first, count } = this.workers;
    const child = this.sandbox.spawn(
      process.execPath,
      [
        ...["--require", TYPESCRIPT, path.join(__dirname, "client.ts")],
        this.proxies.map(({ connect }) => connect).join(","),
        ...[this.journalFile, this.name, String(first), String(count)],
        String(this.number * 1000 + this.incarnation),
      ],
      {
        stdio: ["ignore", "inherit", "inherit", "ipc"],
        cwd: path.join(__dirname, "../.."),
      },
    );
    child.on("message", (told: Told) => {
      if ("long" in told) this.long = told.long;
      else this.got.set(told.got, (this.got.get(told.got) ?? 0) + 1);
    });
    this.process = child;
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.process!;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
    this.journal.write({ kind: "killed", client: this.name });
  }

  /** Tells it to finish; resolves with whether it did in time. */
  async finish(within: number): Promise<boolean> {
    const child = this.process!;
    if (child.exitCode !== null || child.signalCode !== null)
      return child.exitCode === 0;
    const gone = once(child, "exit") as Promise<[number | null]>;
    child.send("stop");
    const abort = new AbortController();
    const late = new Promise<"late">((resolve) => {
      const timer = setTimeout(() => resolve("late"), within);
      abort.signal.addEventListener("abort", () => clearTimeout(timer));
    });
    const end = await Promise.race([gone, late]);
    abort.abort();
    return end !== "late" && end[0] === 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
  }
}

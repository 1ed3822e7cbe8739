import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import readline from "node:readline";
import type { Sandbox } from "./sandbox";

/** Debian's own: kazoo is one of its packages. */
const PYTHON = "/usr/bin/python3";

export interface ChefNode {
  servers: string;
  /** Path of the lock. */
  path: string;
  /** Its fqdn, usually. */
  data: string;
  /** Seconds between two tries. @default 0.25 */
  sleep_time?: number;
  /** One session for all operations, not one for each. @default false */
  keep_session?: boolean;
}

/** What became of the runs of a storm: `acted`, `died`, `raced`, `met` … */
export type Outcomes = Record<string, number>;

/** What the cookbook's run ended with. */
export class ChefError extends Error {
  constructor(
    readonly kind: string,
    why: string,
  ) {
    super(`${kind}: ${why}`);
  }
}

/** Nodes of a Chef fleet, in a Python process of their own. */
export class ChefFleet {
  private readonly answers: ((line: string | null) => void)[] = [];

  private constructor(private readonly child: ChildProcess) {
    readline
      .createInterface({ input: child.stdout! })
      .on("line", (line) => this.answers.shift()?.(line))
      .on("close", () => {
        for (const answer of this.answers.splice(0)) answer(null);
      });
    child.stdin!.on("error", () => {}); // told by the answer that never comes
  }

  static start(sandbox: Sandbox): ChefFleet {
    const program = path.join(__dirname, "cookbook.py");
    return new ChefFleet(
      sandbox.spawn(PYTHON, [program], { stdio: ["pipe", "pipe", "inherit"] }),
    );
  }

  async node(name: string, settings: ChefNode): Promise<void> {
    await this.ask("node", { name, ...settings });
  }

  /** False: not in time. @throws ChefError */
  acquire(name: string, timeout = 30): Promise<boolean> {
    return this.ask("acquire", { name, timeout }) as Promise<boolean>;
  }

  /** @throws ChefError `NotOurs` */
  release(name: string): Promise<boolean> {
    return this.ask("release", { name }) as Promise<boolean>;
  }

  /** `:serialize_process` with its process down, or up and younger than all. */
  serializeProcess(name: string, down: boolean): Promise<string> {
    const asked = this.ask("serialize_process", { name, down });
    return asked as Promise<string>;
  }

  /** Each of them acts so many times, one beside the other, now and then dying of it. */
  storm(
    names: string[],
    inside: string,
    runs: number,
    seed: number,
  ): Promise<Outcomes> {
    const asked = this.ask("storm", { names, inside, runs, seed });
    return asked as Promise<Outcomes>;
  }

  private async ask(command: string, words: object): Promise<unknown> {
    const line = await new Promise<string | null>((done) => {
      if (this.child.exitCode !== null) return done(null);
      this.answers.push(done);
      this.child.stdin!.write(`${JSON.stringify([command, words])}\n`);
    });
    if (line === null) throw new Error(`the cookbook ended at ${command}`);
    const answer = JSON.parse(line) as {
      value?: unknown;
      error?: string;
      why?: string;
    };
    if (answer.error) throw new ChefError(answer.error, answer.why ?? "");
    return answer.value;
  }

  /** The host is gone, whatever it was doing. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }
}

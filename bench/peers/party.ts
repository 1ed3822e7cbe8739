import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import readline from "node:readline";
import type { Sandbox } from "../../tests/support/sandbox";

/** How to start a program that obeys the commands below. */
export interface Launch {
  command: string;
  args: string[];
}

/** One kind of lock and the program that has it. */
export interface Party {
  /** As the tables call it. */
  name: string;
  /** As its program calls it. */
  kind: string;
  launch: Launch;
  /** The znode whose children are those who wait, and how many of them do not; `null`: nobody can tell. */
  queue(path: string): { node: string; holders: number } | null;
}

/** When a lock was had and when its release began, in microseconds of a clock all processes share. */
export interface Turn {
  acquired: number;
  released: number;
}

const DEADLINE = 120_000;

/**
 * A process with contenders for locks. Commands and answers are lines of words, the same for every
 * language, so that one process serves many measurements and all are driven alike:
 * `connect SERVERS`, `hold KIND PATH LIMIT`, `unhold`, `contend KIND PATH LIMIT CONTENDERS HOLD_MS`,
 * `now`, `stop`, `spin KIND PATH LIMIT MS`, `collect`; answers begin with `ok` or `error`.
 */
export class ContenderProcess {
  private readonly answers: ((line: string | null) => void)[] = [];
  private gone = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly name: string,
  ) {
    readline
      .createInterface({ input: child.stdout! })
      .on("line", (line) => this.answers.shift()?.(line))
      .on("close", () => {
        this.gone = true;
        for (const answer of this.answers.splice(0)) answer(null);
      });
    child.stdin!.on("error", () => {}); // told by the answer that never comes
  }

  static async start(
    sandbox: Sandbox,
    party: Pick<Party, "name" | "launch">,
    servers: string,
  ): Promise<ContenderProcess> {
    const { command, args } = party.launch;
    const child = sandbox.spawn(command, args, {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const contender = new ContenderProcess(child, party.name);
    await contender.ask("connect", servers);
    return contender;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** @throws if the contender fails, ends, or does not answer in two minutes */
  async ask(...words: (string | number)[]): Promise<string[]> {
    const line = await new Promise<string | null>((done, fail) => {
      if (this.gone) return done(null);
      const timer = setTimeout(
        () => fail(new Error(`${this.name}: no answer to ${words.join(" ")}`)),
        DEADLINE,
      );
      this.answers.push((answer) => {
        clearTimeout(timer);
        done(answer);
      });
      this.child.stdin!.write(`${words.join(" ")}\n`);
    });
    if (!line?.startsWith("ok"))
      throw new Error(`${this.name}: ${words[0]}: ${line ?? "it ended"}`);
    return line.split(" ").slice(1).filter(Boolean);
  }

  /** A number: `now`, `hold` and `unhold` answer with a time. */
  async time(...words: (string | number)[]): Promise<number> {
    const [time] = await this.ask(...words);
    return Number(time);
  }

  async stop(): Promise<Turn[]> {
    const turns = await this.ask("stop");
    return turns.map((turn) => {
      const [acquired, released] = turn.split(",").map(Number);
      return { acquired: acquired!, released: released! };
    });
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, "exit");
    this.child.stdin!.end();
    await exit;
  }
}

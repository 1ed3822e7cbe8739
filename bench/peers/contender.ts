import readline from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

/** One contender's hands on one lock. */
export interface Grip {
  acquire(): Promise<void>;
  release(): Promise<void>;
}

export interface LockProgram {
  connect(servers: string): Promise<void>;
  grip(kind: string, path: string, limit: number): Grip;
}

/** Microseconds of a clock that all processes of this machine share. */
const now = () => Number(process.hrtime.bigint() / 1000n);

/** The commands of party.ts for a lock that lives in Node. */
export function serve(program: LockProgram): void {
  let held: Grip;
  let stopped = false;
  let running: Promise<void>[] = [];
  let turns: string[] = [];

  async function takeTurns(grip: Grip, hold: number): Promise<void> {
    do {
      await grip.acquire();
      const acquired = now();
      if (hold > 0 && !stopped) await pause(hold);
      turns.push(`${acquired},${now()}`);
      await grip.release();
    } while (!stopped);
  }

  async function spin(grip: Grip, millis: number): Promise<string> {
    await grip.acquire();
    await grip.release();
    const begin = now();
    let count = 0;
    while (now() - begin < millis * 1000) {
      await grip.acquire();
      await grip.release();
      count++;
    }
    return `${count} ${now() - begin}`;
  }

  async function obey([command, ...words]: string[]): Promise<string> {
    const grip = () => program.grip(words[0]!, words[1]!, Number(words[2]));
    switch (command) {
      case "connect":
        await program.connect(words[0]!);
        return "";
      case "hold":
        held = grip();
        await held.acquire();
        return String(now());
      case "unhold": {
        const released = now();
        await held.release();
        return String(released);
      }
      case "contend":
        stopped = false;
        turns = [];
        running = Array.from({ length: Number(words[3]) }, () =>
          takeTurns(grip(), Number(words[4])),
        );
        for (const turn of running) turn.catch(() => {}); // `stop` reports it
        return "";
      case "now":
        return String(now());
      case "stop":
        stopped = true;
        await Promise.all(running);
        return turns.join(" ");
      case "spin":
        return spin(grip(), Number(words[3]));
      case "collect":
        globalThis.gc?.();
        return "";
      default:
        throw new Error(`unknown command ${command}`);
    }
  }

  let last = Promise.resolve();
  const answer = async (line: string) => {
    try {
      process.stdout.write(`ok ${await obey(line.split(" "))}\n`);
    } catch (error) {
      process.stdout.write(`error ${String(error).replaceAll("\n", " ")}\n`);
    }
  };
  readline
    .createInterface({ input: process.stdin })
    .on("line", (line) => {
      last = last.then(() => answer(line));
    })
    .on("close", () => process.exit(0)); // contenders may still wait for a lock
}

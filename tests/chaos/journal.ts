import fs from "node:fs";

/** What a client did, written before or after it did it, as the name says. */
export type Deed =
  | { kind: "ask"; attempt: string; lock: string; owner: string }
  /** The wait ended without the lock. */
  | { kind: "gaveUp"; attempt: string; why: string }
  | {
      kind: "hold";
      attempt: string;
      lock: string;
      owner: string;
      group: string;
      holder: string;
      token: string;
      /** Which of the process's sessions. */
      of: number;
    }
  /** The act began, after a re-assertion; and was over, before another one that found the lock still there. */
  | { kind: "act"; holder: string }
  | {
      kind: "acted";
      holder: string;
      since: string;
      /** By the machine's clock, ms. */
      ended: number;
    }
  | { kind: "releasing"; holder: string }
  | { kind: "released"; holder: string }
  | { kind: "failed"; holder: string }
  | { kind: "left"; holder: string }
  | { kind: "lost"; holder: string }
  | { kind: "clearing"; holder: string }
  /** A session of its is connected: hexadecimal; which one; by the machine's clock, ms. */
  | { kind: "session"; session: string; of: number; time: number }
  | { kind: "killed"; client: string }
  /** Nothing like this may happen. */
  | { kind: "error"; what: string };

export type Entry = Deed & {
  /** Nanoseconds of the machine's monotonic clock: one order for all processes. */
  at: string;
  /** Which process. */
  by: string;
};

export class Journal {
  private readonly file: number;

  constructor(
    file: string,
    private readonly by: string,
  ) {
    this.file = fs.openSync(file, "a");
  }

  /** Written before it returns: a kill loses nothing that was said. */
  write(deed: Deed, at = now()): void {
    const entry = { ...deed, at, by: this.by };
    fs.writeSync(this.file, JSON.stringify(entry) + "\n");
  }

  close(): void {
    fs.closeSync(this.file);
  }
}

/** Nanoseconds. */
export const now = (): string => process.hrtime.bigint().toString();

export function readJournal(files: string[]): Entry[] {
  const lines = files.flatMap((file) =>
    fs.readFileSync(file, "utf8").split("\n").filter(Boolean),
  );
  return lines
    .map((line) => JSON.parse(line) as Entry)
    .sort((a, b) => (BigInt(a.at) < BigInt(b.at) ? -1 : 1));
}

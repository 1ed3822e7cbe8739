import { createRequire } from "node:module";
import type { HostPool } from "../core/ssh/types";
import type { SessionPool } from "../core/zookeeper/pool";
import { ProgramWatch } from "./program";
import { readSettings, type ReadSettings } from "./settings";
import { engineLog, Status } from "./status";
import { drawsOnTerminal } from "./terminal";

type Code = typeof import("./heavy");

/** The pools of a process, and the code that uses them. */
export type Heavy = Omit<Code, "createHostPool" | "createSessionPool"> & {
  hosts: HostPool;
  sessions: SessionPool;
};

/** One create, update or delete. */
export interface Run {
  /** It has begun something on its host. */
  acting: boolean;
  /** Aborted when it is to begin nothing new. */
  stop: AbortSignal;
  ended: Promise<unknown>;
}

/** Milliseconds for those who wait to leave their queues, and then for sessions to end. */
const LEAVING = 3000;
const CLOSING = 1000;

/** What all resources of one provider process share; it owns the pools and closes them. */
export class Runtime {
  readonly status: Status;
  readonly program = new ProgramWatch(() =>
    this.stopAll("the Pulumi program has ended"),
  );
  private readonly stopping = new AbortController();
  private read: ReadSettings = readSettings({}, process.env);
  private opened: Heavy | null = null;
  private readonly halting = new AbortController();
  /** Of those that are under way when an action fails. */
  private failing = new AbortController();
  private readonly running = new Set<Run>();
  private warned = false;

  constructor(
    status?: Status,
    /** What opens the pools. */
    private readonly open: () => Heavy = openPools,
  ) {
    const log = engineLog(process.argv.at(-1));
    let living: boolean | undefined;
    const draws = () => (living ??= drawsOnTerminal());
    this.status = status ?? new Status(log, Date.now, draws);
  }

  /** Aborted when nothing new is to be begun. */
  get stop(): AbortSignal {
    return this.stopping.signal;
  }

  /** Aborted when the process is about to end. */
  get halt(): AbortSignal {
    return this.halting.signal;
  }

  get settings(): ReadSettings {
    return this.read;
  }

  /** Takes the stack's configuration; no waiting here, because nobody waits for it. */
  configure(config: Readonly<Record<string, unknown>>): void {
    this.read = readSettings(config, process.env);
  }

  /** Tells of mistakes in the stack's configuration, once in a process. */
  warnOnce(): void {
    if (this.warned) return;
    this.warned = true;
    for (const warning of this.read.warnings) this.status.warn("", warning);
  }

  /** Loads the heavy parts with the first call. */
  heavy(): Heavy {
    this.program.begin();
    return (this.opened ??= this.open());
  }

  /** Keeps count of what is under way, so that a shutdown knows what waits and what acts. */
  async track<T>(work: (run: Run) => Promise<T>): Promise<T> {
    const stop = AbortSignal.any([this.stop, this.failing.signal]);
    const run: Run = { acting: false, stop, ended: Promise.resolve() };
    this.running.add(run);
    try {
      const done = work(run);
      run.ended = done.catch(() => {});
      return await done.finally(() => this.unlessEnding(run));
    } finally {
      this.running.delete(run);
    }
  }

  /**
   * When the process is told to end, hundreds who wait leave their queues the sooner for giving no
   * answer: it would say that nothing was done. Who acts still tells what is owed.
   */
  private unlessEnding({ acting }: Run): Promise<void> | undefined {
    return this.halt.aborted && !acting ? new Promise(() => {}) : undefined;
  }

  /** Stop waiting, begin nothing new; what acts is finished. */
  stopAll(why: string): void {
    if (!this.stop.aborted) this.stopping.abort(new Error(why));
  }

  /**
   * An action failed: as the engine begins nothing any more, nor do those that wait here. What comes
   * later comes from an engine that goes on all the same (`--continue-on-error`).
   */
  failed(why: string): void {
    this.failing.abort(new Error(`another action failed: ${why}`));
    this.failing = new AbortController();
  }

  /** Leaves all queues, closes sessions and connections. Locks that are held stay. */
  async close(): Promise<void> {
    this.halting.abort();
    this.stopAll("the provider was told to end");
    this.program.end();
    if (!this.opened) return;
    const { hosts, sessions } = this.opened;
    const waiting = [...this.running].filter(({ acting }) => !acting);
    const left = Promise.all(waiting.map(({ ended }) => ended));
    await Promise.race([left, timer(LEAVING)]);
    await Promise.race([sessions.close(), timer(CLOSING)]);
    hosts.close();
  }
}

function timer(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}

// Not an `import()`: compiled to CommonJS that one would still be a module's.
const load = createRequire(__filename);

function openPools(): Heavy {
  const code = load("./heavy") as Code;
  return {
    ...code,
    hosts: code.createHostPool(),
    sessions: code.createSessionPool(),
  };
}

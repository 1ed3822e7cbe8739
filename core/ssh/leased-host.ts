import type { Connection, Dial } from "./connection";
import type { HostDoubts } from "./doubts";
import { askFate, askGuard, type Sent } from "./guard";
import { run, runBeside } from "./run";
import type {
  Fate,
  Guard,
  GuardOptions,
  GuardRecord,
  RemoteHost,
  RunResult,
  Script,
} from "./types";

/** One lease of a shared connection. */
export class LeasedHost implements RemoteHost {
  constructor(
    private readonly connection: Connection,
    private readonly doubts: HostDoubts,
    private readonly dial: Dial,
    private readonly giveBack: () => void,
  ) {}

  async run(
    script: Script,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<RunResult> {
    const { guard } = script;
    if (!guard) return this.send(script, signal);
    const { boot } = this.connection;
    const sent = { runId: guard.runId, boot, at: performance.now() };
    this.doubts.sent.set(guard.key, sent);
    const result = await this.send(script, signal);
    sent.boot ??= this.connection.boot; // its own first word may have told
    if (result.kind === "unknown" && result.started !== false)
      this.doubts.doubtful.set(guard.key, guard.runId);
    return result;
  }

  async awaitGuard(
    key: string,
    timeout: number,
    options: GuardOptions = {},
  ): Promise<GuardRecord> {
    const { doubtful } = this.doubts;
    const revoke = options.revoke ?? doubtful.get(key);
    const record = await askGuard(
      (script, signal) => this.send(script, signal),
      { key, timeout },
      { ...options, ...(revoke === undefined ? {} : { revoke }) },
    );
    if (record.state !== "running" && revoke === doubtful.get(key))
      doubtful.delete(key);
    return record;
  }

  async fateOf(
    { key, runId }: Guard,
    timeout: number,
    { boot, ...options }: GuardOptions & { boot?: string } = {},
  ): Promise<Fate> {
    return askFate(
      (script, signal) => this.send(script, signal),
      { key, timeout, runId },
      options,
      { ...this.sent(key, runId), ...(boot === undefined ? {} : { boot }) },
    );
  }

  release(): void {
    this.giveBack();
  }

  private async send(script: Script, signal?: AbortSignal): Promise<RunResult> {
    const dial: Dial = (stop) => {
      this.doubts.single = true;
      return this.dial(stop);
    };
    if (!this.doubts.single && !this.connection.single) {
      const result = await run(this.connection, script, dial, signal);
      // it may have been closed while this one was on its way to it
      const closed = result.started === false && this.connection.single;
      if (!closed || signal?.aborted) return result;
    }
    return runBeside(script, dial, signal);
  }

  private sent(key: string, runId: string): Sent {
    const run = this.doubts.sent.get(key);
    if (run?.runId !== runId) return {};
    return {
      age: (performance.now() - run.at) / 1000,
      ...(run.boot === null ? {} : { boot: run.boot }),
    };
  }
}

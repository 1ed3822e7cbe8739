import type { Connection } from "./connection";
import type { HostDoubts } from "./doubts";
import { askGuard } from "./guard";
import { run } from "./run";
import type {
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
    private readonly giveBack: () => void,
  ) {}

  async run(
    script: Script,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<RunResult> {
    const result = await run(this.connection, script, signal);
    const doubtful = result.kind === "unknown" && result.started !== false;
    if (script.guard && doubtful)
      this.doubts.set(script.guard.key, script.guard.runId);
    return result;
  }

  async awaitGuard(
    key: string,
    timeout: number,
    options: GuardOptions = {},
  ): Promise<GuardRecord> {
    const revoke = options.revoke ?? this.doubts.get(key);
    const record = await askGuard(
      (script, signal) => run(this.connection, script, signal),
      { key, timeout },
      { ...options, ...(revoke === undefined ? {} : { revoke }) },
    );
    if (record.state !== "running" && revoke === this.doubts.get(key))
      this.doubts.delete(key);
    return record;
  }

  release(): void {
    this.giveBack();
  }
}

import type { Connection } from "./connection";
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
    private readonly giveBack: () => void,
  ) {}

  run(
    script: Script,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<RunResult> {
    return run(this.connection, script, signal);
  }

  awaitGuard(
    key: string,
    timeout: number,
    options: GuardOptions = {},
  ): Promise<GuardRecord> {
    return askGuard(
      (script, signal) => run(this.connection, script, signal),
      { key, timeout },
      options,
    );
  }

  release(): void {
    this.giveBack();
  }
}

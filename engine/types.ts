import type { Config } from "./environment";
import type { Diagnostic, Emit, Summary } from "./events";

export interface StackOptions {
  /** Where Pulumi.yaml is. */
  projectDir: string;
  /** Made by the first operation that changes something. */
  stateFile: string;
  /** Default: the name in Pulumi.yaml. */
  project?: string;
  stack: string;
  /** By `namespace:key`; a key without a namespace is the project's. */
  config?: Config;
  /** What secrets in the state are encrypted with. Default: `PULUMI_CONFIG_PASSPHRASE`. */
  passphrase?: string;
  /** Added to the environment of program and provider. */
  env?: Record<string, string>;
}

export interface OperationOptions {
  /** How many resources are worked on at a time. Default: four for each core. */
  parallel?: number;
  /** URNs; all else stays as it is. */
  target?: string[];
  onEvent?: Emit;
  /** The first Ctrl-C: the program is ended, what runs goes on to its end, nothing new begins. */
  signal?: AbortSignal;
  /** The second: what runs is abandoned and stays in the state as pending. */
  kill?: AbortSignal;
}

export interface RefreshOptions extends OperationOptions {
  /** Forgets creations that were begun and never seen to end. */
  clearPendingCreates?: boolean;
}

export interface OperationResult {
  ok: boolean;
  /**
   * Resources by what was done, the stack itself and components included.
   * A refresh counts each resource it read as `refresh`, and by what it found
   * as `same`, `update` or `delete`.
   */
  summary: Summary;
  /** Without the ephemeral ones. */
  diagnostics: Diagnostic[];
  /** Of the stack, secrets in the clear; `undefined` where a preview can't know. */
  outputs: Record<string, unknown>;
  /** Why it is not ok. */
  failure?: string;
  /** A signal came before it had ended. */
  canceled?: boolean;
}

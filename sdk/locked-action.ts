import * as pulumi from "@pulumi/pulumi";
import type {
  ActionArgs,
  GateArgs,
  HealthArgs,
  OnlyIfArgs,
  ProcessArgs,
  SideCommandArgs,
} from "./action";
import type { ConnectionArgs } from "./connection";
import { ownInputs, secret } from "./inputs";
import type { LockArgs, LockResult } from "./lock";
import { actionInput, lockInput, sideInputs } from "./secret-parts";

/**
 * What the engine evaluates to find our provider. It is copied into every state and replayed
 * for ever, so it never changes, and what it names stays where it is.
 */
const PROVIDER =
  'exports.handler = () => require("pulumi-locked-action/provider").lockedAction';

const TYPE = "pulumi-nodejs:dynamic:LockedAction";

/** All durations are in seconds; fractions are allowed. */
export interface LockedActionArgs {
  /** How to reach the host. Always secret in the state, as a whole; a change of it alone runs nothing. */
  connection: pulumi.Input<ConnectionArgs>;
  /**
   * Names the machine in locks and messages. Give it when several addresses are one machine,
   * or when the address may change. @default the host, with `:port` if that is not 22
   */
  target?: pulumi.Input<string>;
  /** What to do. */
  action: pulumi.Input<ActionArgs>;
  /** Any values: the action runs again when one of them changes. @default [] */
  triggers?: pulumi.Input<pulumi.Input<unknown>[]>;
  /** Run with every `pulumi up`. @default false */
  always?: pulumi.Input<boolean>;
  /** `record`: adopt a running machine: when new, only look and store the identity of the processes. @default "act" */
  onCreate?: pulumi.Input<"act" | "record">;
  /** The lock that is held while it acts, and kept if it fails. */
  lock: pulumi.Input<LockArgs>;
  /** Which processes prove a restart. @default the unit of `action.service` on a host with systemd, else none */
  process?: pulumi.Input<ProcessArgs>;
  /** Asked under the lock, before the gate, whether this host needs the action at all. @default it does */
  onlyIf?: pulumi.Input<OnlyIfArgs>;
  /** Asked under the lock whether this host may act now. */
  gate?: pulumi.Input<GateArgs>;
  /** Asked after the act until the host is healthy. */
  health?: pulumi.Input<HealthArgs>;
  /** Takes the host out of service before the act. It may be run again when a failed run is resumed. */
  drain?: pulumi.Input<SideCommandArgs>;
  /** Puts it back into service when all is well, or when nothing was done. */
  undrain?: pulumi.Input<SideCommandArgs>;
  /** Which output of the commands may be shown in errors and kept unencrypted. @default "none" */
  logging?: pulumi.Input<"none" | "stdout" | "stderr" | "stdoutAndStderr">;
}

/** A restart that is owed: the next `pulumi up` verifies first, and acts only if it is still owed. */
export interface FailureResult {
  /** ISO 8601: when it failed for the first time. */
  since: string;
  /** Failed attempts since then. */
  count: number;
  step: string;
  phase: "record" | "owed" | "attempted" | "acted" | "verified";
  reason: string;
  runKey: string;
  /** The processes before the attempt. */
  baseline?: { identities: string[]; invocationId?: string };
  /** The host was taken out of service, and is to be put back. */
  drained: boolean;
  /** What had been verified, where `phase` is `verified`. */
  verifiedBy?: ("boot" | "process" | "health" | "exitCode")[];
}

/**
 * Takes a lock in ZooKeeper, runs an action on a host over SSH, proves that it worked, and
 * releases the lock. A failed action keeps the lock, so that a bad configuration stops at the first host.
 *
 * It runs when it is new, when `triggers` or `action` change, when it is owed, and with `always`;
 * never in preview, and never because of a change of credentials or timeouts.
 */
export class LockedAction extends pulumi.CustomResource {
  /**
   * `acted`; `alreadyRestarted`: somebody had done it; `notNeeded`: `onlyIf` said so; `recorded`: only looked;
   * `skippedLock`: acted without the lock.
   */
  declare readonly outcome: pulumi.Output<
    | "acted"
    | "alreadyRestarted"
    | "notNeeded"
    | "recorded"
    | "skippedLock"
    | undefined
  >;
  declare readonly target: pulumi.Output<string>;
  /** Exit code of the action, if it ran and its end is known. */
  declare readonly exitCode: pulumi.Output<number | undefined>;
  /** At most 64 KiB. Secret unless `logging` allows it. */
  declare readonly stdout: pulumi.Output<string | undefined>;
  /** At most 64 KiB. Secret unless `logging` allows it. */
  declare readonly stderr: pulumi.Output<string | undefined>;
  declare readonly lock: pulumi.Output<LockResult>;
  /** `bootId/pid/startTicks` of each process before the action; `bootId/1/0` where the host is rebooted. */
  declare readonly processBefore: pulumi.Output<string[] | undefined>;
  /** The same after it. */
  declare readonly processAfter: pulumi.Output<string[] | undefined>;
  /** A process or a health check said yes; false where there was nothing to verify. */
  declare readonly verified: pulumi.Output<boolean>;
  /** What was verified; `boot`: the host is in another boot than before. */
  declare readonly verifiedBy: pulumi.Output<
    ("boot" | "process" | "health" | "exitCode")[] | undefined
  >;
  /** ISO 8601 */
  declare readonly startedAt: pulumi.Output<string | undefined>;
  /** ISO 8601 */
  declare readonly finishedAt: pulumi.Output<string | undefined>;
  /** What went well, but not entirely: a lock that was skipped, a release that was not confirmed. */
  declare readonly warnings: pulumi.Output<string[] | undefined>;
  declare readonly failure: pulumi.Output<FailureResult | undefined>;

  constructor(
    name: string,
    args: LockedActionArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const inputs = {
      ...outputsToCome,
      ...args,
      connection: secret(args.connection),
      action: actionInput(args.action),
      lock: lockInput(args.lock),
      ...sideInputs(args),
      ...ownInputs(TYPE, name, opts?.parent),
      __provider: PROVIDER,
    };
    const hidden = { additionalSecretOutputs: secretOutputs(args.logging) };
    // The SDK takes four stack traces for each property, for a debugging aid; of
    // many resources they are most of the program's time.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      super(TYPE, name, inputs, pulumi.mergeOptions(hidden, opts));
    } catch (error) {
      Error.stackTraceLimit = limit;
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    } finally {
      Error.stackTraceLimit = limit;
    }
  }
}

/** Outputs exist only for keys that are there from the start. */
const outputsToCome = {
  ...{ outcome: undefined, exitCode: undefined },
  ...{ stdout: undefined, stderr: undefined },
  ...{ processBefore: undefined, processAfter: undefined },
  ...{ verified: undefined, verifiedBy: undefined },
  ...{ startedAt: undefined, finishedAt: undefined },
  ...{ target: undefined, warnings: undefined, failure: undefined },
};

/** What the state must encrypt of the outputs; where `logging` is not known yet, all of it. */
function secretOutputs(logging: LockedActionArgs["logging"]): string[] {
  const shown = typeof logging === "string" ? logging : "none";
  const always = ["keptAuth"];
  if (shown === "stdoutAndStderr") return always;
  if (shown === "stdout") return [...always, "stderr"];
  if (shown === "stderr") return [...always, "stdout"];
  return [...always, "stdout", "stderr"];
}

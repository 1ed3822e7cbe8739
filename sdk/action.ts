import type * as pulumi from "@pulumi/pulumi";

/** How a command gets its rights on the host. */
export interface RightsArgs {
  /** `true`: as root by sudo; a name: as that user. @default false */
  sudo?: pulumi.Input<boolean | string>;
  /** What sudo asks for; it goes over stdin, never into an argument. Always secret in the state. @default sudo must not ask */
  sudoPassword?: pulumi.Input<string>;
}

/** Runs a command. */
export interface CommandActionArgs extends RightsArgs {
  /**
   * A POSIX sh script. It finds `LOCKED_ACTION_NAME` (the lock), `LOCKED_ACTION_HOST` (the target),
   * `LOCKED_ACTION_RUN_ID` and `LOCKED_ACTION_FENCING_TOKEN` in its environment. Exit 0 is success.
   */
  command: pulumi.Input<string>;
  /** What it reads on its stdin. Always secret in the state. @default nothing */
  stdin?: pulumi.Input<string>;
  /** More variables for it. Always secret in the state. */
  environment?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Seconds, after which the host itself ends it (TERM, then KILL). @default 300 */
  timeout?: pulumi.Input<number>;
  service?: undefined;
  perform?: undefined;
  reboot?: undefined;
}

/** Acts on a service, by systemd where it runs, else by `service`. */
export interface ServiceActionArgs extends RightsArgs {
  /** Its name: letters, digits and `@ . _ : - \`, as systemd takes it. */
  service: pulumi.Input<string>;
  /**
   * What to do, and by that what proves that it was done: a new process (restart, try-restart of one that ran),
   * the same one (reload), any (reload-or-restart, start), none (stop).
   * @default "restart"
   */
  perform?: pulumi.Input<
    | "restart"
    | "reload"
    | "try-restart"
    | "reload-or-restart"
    | "start"
    | "stop"
  >;
  /** Seconds, after which the host itself ends it (TERM, then KILL). @default 300 */
  timeout?: pulumi.Input<number>;
  command?: undefined;
  stdin?: undefined;
  environment?: undefined;
  reboot?: undefined;
}

/**
 * Reboots the host: by systemd, else by `shutdown`, else by `reboot`. The proof is that it answers in another boot than
 * before; then `process` must run, if it is given, and `health` hold.
 */
export interface RebootActionArgs extends RightsArgs {
  reboot: pulumi.Input<true>;
  /** Seconds until it is back in another boot. @default 900 */
  timeout?: pulumi.Input<number>;
  command?: undefined;
  stdin?: undefined;
  environment?: undefined;
  service?: undefined;
  perform?: undefined;
}

export type ActionArgs =
  CommandActionArgs | ServiceActionArgs | RebootActionArgs;

/** Processes as `pgrep` would match them: at least one of `commandString` and `user`. */
export interface ProcessPatternArgs {
  /** An extended regular expression over the process's name, or over its whole command line with `fullCmd`. */
  commandString?: pulumi.Input<string>;
  /** Match the whole command line (`pgrep -f`). @default false */
  fullCmd?: pulumi.Input<boolean>;
  /** The effective user: a name or a numeric UID. */
  user?: pulumi.Input<string | number>;
  /** Of the matches whose parent is no match: all of them, the oldest, or the newest one. @default "all" */
  which?: pulumi.Input<"all" | "oldest" | "newest">;
  unit?: undefined;
  pidFile?: undefined;
}

/** A unit of systemd's. */
export interface ProcessUnitArgs {
  unit: pulumi.Input<string>;
  commandString?: undefined;
  fullCmd?: undefined;
  user?: undefined;
  which?: undefined;
  pidFile?: undefined;
}

/** The process whose id a file on the host holds. */
export interface ProcessPidFileArgs {
  /** Absolute path. */
  pidFile: pulumi.Input<string>;
  commandString?: undefined;
  fullCmd?: undefined;
  user?: undefined;
  which?: undefined;
  unit?: undefined;
}

/** Which processes prove a restart. */
export type ProcessArgs =
  ProcessPatternArgs | ProcessUnitArgs | ProcessPidFileArgs;

/** A command that is run once. */
export interface SideCommandArgs extends RightsArgs {
  /** A POSIX sh script; exit 0 is success. */
  command: pulumi.Input<string>;
  /** Seconds. @default 300 */
  timeout?: pulumi.Input<number>;
}

/** A command that says whether there is anything to do. */
export interface OnlyIfArgs extends RightsArgs {
  /** A POSIX sh script. Exit 0: act. Exit 1: it is not needed, and nothing is done. Anything else is no answer, and fails. */
  command: pulumi.Input<string>;
  /** Seconds. @default 300 */
  timeout?: pulumi.Input<number>;
}

/** A command that is asked again and again. */
export interface GateArgs extends RightsArgs {
  /** A POSIX sh script. As a gate: exit 0 yes, 75 not yet, anything else never. As health check: exit 0 healthy. */
  command: pulumi.Input<string>;
  /** Seconds between two tries. @default 2 */
  interval?: pulumi.Input<number>;
  /** Seconds for all of them. @default 300 */
  timeout?: pulumi.Input<number>;
}

export interface HealthArgs extends GateArgs {
  /** Seconds it must stay healthy, with one and the same process; less than `timeout`. @default 0 */
  minHealthy?: pulumi.Input<number>;
}

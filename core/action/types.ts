import type {
  Baseline,
  ChefMirror,
  HolderFacts,
  Limits,
  Owner,
} from "../lock/types";
import type { Identity, ProcessSpec } from "../process/types";
import type { ConnectionOptions, HostPool } from "../ssh/types";
import type { SessionPool } from "../zookeeper/pool";
import type { Clock } from "./clock";

/** How a script of the user's gets its rights on the host. */
export interface Rights {
  /** `true`: as root; a string: as that user. */
  sudo?: boolean | string;
  sudoPassword?: string;
}

export interface CommandAction extends Rights {
  kind: "command";
  command: string;
  stdin?: string;
  environment?: Record<string, string>;
  /** Seconds, enforced on the host. */
  timeout: number;
}

export type Perform =
  "restart" | "reload" | "try-restart" | "reload-or-restart" | "start" | "stop";

export interface ServiceAction extends Rights {
  kind: "service";
  service: string;
  perform: Perform;
  /** Seconds, enforced on the host. */
  timeout: number;
}

/** Reboots the host. */
export interface RebootAction extends Rights {
  kind: "reboot";
  /** Seconds until it must be back, in another boot. */
  timeout: number;
}

export type Act = CommandAction | ServiceAction | RebootAction;

/** A command that is run once, before or after the act. */
export interface SideCommand extends Rights {
  command: string;
  /** Seconds. */
  timeout: number;
}

/** A command that is asked again and again. */
export interface Probe extends SideCommand {
  /** Seconds between two tries. */
  interval: number;
}

export interface HealthProbe extends Probe {
  /** Seconds it must stay healthy, with the same processes. */
  minHealthy: number;
  /** The command asks nothing: only the processes must stay, and that alone proves no health. */
  asksNothing?: boolean;
}

/** The lock that the action takes. */
export interface LockSpec {
  servers: string;
  auth: { scheme: string; credentials: string }[];
  root: string;
  name: string;
  /** The lock data: equal data = one group. */
  group: string;
  limits: Limits;
  timeout: number;
  maxWait: number;
  retryInterval: number;
  onFailedHolder: "fail" | "wait";
  ownerGrace: number;
  chef?: ChefMirror;
  /** Seconds to settle what is in doubt, and to release. @default 60 */
  settleTimeout?: number;
  /** Do not lock: only inside this process `limits.maxHolders` are kept. */
  skip: boolean;
}

/**
 * How far an attempt that failed had come:
 * `record` only an identity was to be stored · `owed` nothing was done · `attempted` the act was begun,
 * and failed or its end is unknown · `acted` it ended well, but was not verified · `verified` only undrain is missing.
 */
export type Phase = "record" | "owed" | "attempted" | "acted" | "verified";

/** A restart that is still owed, as it is kept between two runs. */
export interface Debt {
  phase: Phase;
  step: string;
  /** Triggers and action of the attempt; another one can't be done by what happened before. */
  runKey: string;
  /** The processes before the first attempt. */
  baseline?: Baseline;
  /** The drain command was run, undrain is still owed. */
  drained: boolean;
  /** What had been verified, where the phase is "verified". */
  verifiedBy?: Check[];
  /** The run whose act the phase tells of: the beginning of its id. */
  act?: string;
}

/** The last run that is known of a host. */
export interface LastRun {
  /** Whose it was: of the triggers and action that are wanted now, of others, or of nobody. */
  of: "this" | "other" | "none";
  /** How far it had come. */
  phase: Exclude<Phase, "record">;
  /** The processes before it. */
  baseline?: Baseline;
  /** The run that began its act: the beginning of its id. */
  act?: string;
  /** What had been verified, where the phase is "verified". */
  verifiedBy?: Check[];
}

/** Everything one action needs to know. */
export interface ActionSpec {
  mode: "act" | "record";
  owner: Owner;
  connection: ConnectionOptions;
  act: Act;
  /** Which processes prove a restart; `null`: the service's unit on a systemd host, else none. */
  process: ProcessSpec | null;
  lock: LockSpec;
  onlyIf?: SideCommand;
  gate?: Probe;
  drain?: SideCommand;
  undrain?: SideCommand;
  health?: HealthProbe;
  runKey: string;
  debt: Debt | null;
  /** ISO 8601: when a run that took no lock has last acted. */
  skippedAt?: string;
  /** Where a lock of an earlier run of ours still stands. */
  kept: KeptLock | null;
  facts: Omit<HolderFacts, "run" | "runKey">;
  /** Whether errors may quote what the commands printed. */
  show: { stdout: boolean; stderr: boolean };
  /** Values that must not appear in any text. */
  secrets: string[];
}

export type Step =
  | "dial"
  | "look"
  | "lock"
  | "onlyIf"
  | "gate"
  | "drain"
  | "act"
  | "verify"
  | "health"
  | "undrain"
  | "release";

export interface Progress {
  step: Step;
  /** One line for people, secrets taken out. */
  text: string;
  /** A try to connect failed; there will be others. */
  retrying?: boolean;
  /** Seconds that it has been healthy, of those that it must be. */
  soak?: { seconds: number; of: number };
}

export interface ActionDeps {
  hosts: HostPool;
  sessions: SessionPool;
  clock: Clock;
  /** Aborted: stop waiting, begin nothing new; an act that was begun is finished. */
  signal: AbortSignal;
  /** Aborted: this process is about to end; what acts is left alone, its lock stays as it is. */
  halt: AbortSignal;
  report(progress: Progress): void;
  /** Awaited before the lock is asked for. @default at once */
  turn?: () => Promise<void>;
  /** Called when all is done but for the lock's release, which is on its way: who asks for the lock from now on, over the same session, asks after it. */
  leaving?: () => void;
}

export interface LockFacts {
  /** Path of the lock. */
  path: string;
  /** Name of the holder's znode. */
  holder: string;
  fencingToken: string;
  /** Seconds. */
  waited: number;
  /** Seconds. */
  held: number;
}

/** Where a lock of ours still stands. */
export interface KeptLock {
  /** Path of the lock. */
  lock: string;
  /** Name of the holder's znode. */
  holder: string;
}

export type Check = "boot" | "process" | "health" | "exitCode";

interface Common {
  /** Where a lock of ours still stands after this run. */
  kept: KeptLock | null;
  lock?: LockFacts;
  exitCode?: number;
  stdout?: string;
  stderr?: string;
  before?: Identity[];
  after?: Identity[];
  /** ISO 8601 */
  startedAt: string;
  finishedAt: string;
  warnings: string[];
}

export interface ActionSuccess extends Common {
  ok: true;
  outcome:
    "acted" | "alreadyRestarted" | "notNeeded" | "recorded" | "skippedLock";
  /** A process or health check was asked and said yes. */
  verified: boolean;
  verifiedBy: Check[];
  /** The release was not confirmed: the lock in `kept` may stand. */
  inDoubt: boolean;
}

export interface ActionFailure extends Common {
  ok: false;
  step: Step;
  /** The first line is short; then the story, and what to do next. */
  reasons: string[];
  /** What is to be stored, so that the next run knows. */
  debt: Debt;
  /** Whether anything may have been done on the host by this run. */
  touched: boolean;
  /** Nothing failed: it was told to begin nothing new, and nothing was done. */
  stopped: boolean;
}

export type ActionOutcome = ActionSuccess | ActionFailure;

/** What stands in ZooKeeper: the data of holders, waiters and history. */
import type { Identity } from "../process/types";

/** Whose holder it is: the same in every run and every stack, so that a later run may adopt it. */
export interface Owner {
  /** The machine, as the user names it. */
  target: string;
  /** The service, else the process pattern, else the resource's URN. */
  subject: string;
}

/** The processes before an act, kept in the holder so that whoever adopts it can tell a restart. */
export interface Baseline {
  /** Identities of the processes (or the unit's invocation) before the act. */
  identities: Identity[];
  /** systemd's InvocationID of a watched unit. */
  invocationId?: string;
  /** By what they were found, as a hash: those that another pattern finds are no successors of these. Earlier versions do not say it. */
  by?: string;
  /** Of a local command (`locked-action run`): the machine that runs it, by its own name. */
  machine?: string;
  /** Its PID namespace, as /proc names it: the numbers of processes mean something there alone. */
  pidNamespace?: string;
}

/** An act that was begun on the host. */
export interface Acting {
  run: string;
  /** What was run, and why: the `runKey` of that run, whichever run has the holder by now. */
  runKey?: string;
  /** ISO 8601, the clock of the machine that ran the action. */
  since: string;
  /** Seconds after which the host itself has ended it. */
  deadline: number;
}

/** Why a holder failed: what others who are blocked by it get to read. Never command text or output. */
export interface HolderFailure {
  /** The step that failed: `act`, `verify`, `health`, `drain`, `undrain` … */
  step: string;
  /** The exit code of the step's command, if it had one. */
  exit?: number;
  /** One line for people. */
  reason: string;
  /** ISO 8601, the clock of the machine that ran the action. */
  at: string;
  /** The run that failed. An act of another run may have been begun since. */
  run?: string;
}

/** What is known of an attempt that waits or holds: the data of its znode. */
export interface HolderRecord extends Owner {
  v: 1;
  /** The lock data, as the slot has it. */
  group: string;
  /** Pulumi's URN of the resource; absent for `locked-action run`. */
  urn?: string;
  /** Random, one for each run of an action. */
  run: string;
  /** `user@machine`, and the URL of the CI job if there is one. */
  from: string;
  ci?: string;
  /** `restart hdfs-datanode`, or `command 3fa9…` (a hash, never the text). */
  action: string;
  /** Hash of triggers and action. */
  runKey?: string;
  /** ISO 8601: when this attempt began. */
  since: string;
  /** `repairing`: adopted from a failed holder and counted as failed until it is released. */
  state: "held" | "repairing" | "failed";
  failure?: HolderFailure;
  baseline?: Baseline;
  /** The drain command has been run and undrain is owed. */
  drained?: boolean;
  /** The last act that was begun under this holder, or under those that it was adopted from. */
  acting?: Acting;
  /** Path of the Chef mirror that goes with the slot: whoever frees the slot deletes it too. */
  mirror?: string;
  /** It is one of a fleet that one resource rolls. */
  roll?: boolean;
  /** It stands for the others of its roll. */
  canary?: boolean;
}

/** What the caller gives of its record; the lock adds the rest. */
export type HolderFacts = Pick<
  HolderRecord,
  "urn" | "run" | "from" | "ci" | "action" | "runKey" | "roll" | "canary"
>;

/** An operator's stop: nobody new is granted while it stands. */
export interface Hold {
  why: string;
  by: string;
  /** ISO 8601 */
  since: string;
}

/** One finished action or act of an operator, kept beside the lock. */
export interface HistoryRecord {
  v: 1;
  /** ISO 8601 */
  at: string;
  kind:
    | "acted"
    | "alreadyRestarted"
    | "notNeeded"
    | "recorded"
    | "failed"
    | "cleared"
    | "hold"
    | "unhold"
    | "limits"
    | "roll";
  by: string;
  target?: string;
  subject?: string;
  urn?: string;
  run?: string;
  ci?: string;
  action?: string;
  runKey?: string;
  holder?: string;
  fencingToken?: string;
  /** Seconds. */
  waited?: number;
  held?: number;
  before?: Identity[];
  after?: Identity[];
  step?: string;
  exit?: number;
  reason?: string;
  /** A part of a roll; for `kind: "roll"`, its end. */
  roll?: boolean;
  canary?: boolean;
  /** A process or a health check said yes. */
  verified?: boolean;
}

/** What the caller says of a finished action; the lock adds who, when and which. */
export type HistoryEntry = Pick<HistoryRecord, "kind"> &
  Partial<Omit<HistoryRecord, "v" | "at" | "kind">>;

/** Why a member comes when it does. */
export type Stage =
  /** A lock of its own stands: until it has had its turn, nobody else may get one. */
  | "holder"
  /** It owes an action, or its processes are gone: taking it in hand lowers nothing. */
  | "repair"
  | "rest";

/** One host of a roll. */
export interface Member {
  /** Its stable key in the fleet. */
  key: string;
  /** Its lock data: members with equal data are one group. */
  group: string;
  stage: Stage;
  /** It stands for the others: nobody but canaries begins before all of them have passed. */
  canary?: boolean;
}

/** What the lock allows, so that nobody is begun who would only stand in the others' way. */
export interface RollRules {
  /** Groups at work at once. */
  maxHolders: number;
  /** Members of one group at work at once; `null`: no bound. */
  maxPerGroup: number | null;
  /** So many failures, of whatever kind, and nothing new begins. */
  maxFailures: number;
  /** Those that have failed already, before anybody began. @default 0 */
  failed?: number;
  /** One group after the other, each to its end. */
  oneGroupAtATime: boolean;
}

/** How a member's work ended. */
export type Ending =
  /**
   * `passed`: something was verified, so that it may stand for others as a canary.
   * `idle`: nothing was done to it, so that it says nothing of the others: another one is canary in its place.
   */
  | { kind: "done"; passed: boolean; idle?: boolean }
  /** `kept`: it keeps its lock, and with it its place. */
  | { kind: "failed"; kept: boolean; reason: string }
  /** The lock was not to be had: it would not be had by anybody else either. */
  | { kind: "blocked"; reason: string }
  /** It was told to begin nothing, and did not. */
  | { kind: "stopped" };

/** What a member at work is told, and tells. */
export interface Control {
  /** Aborted: begin nothing new. */
  signal: AbortSignal;
  /** To be awaited before it asks for the lock: it then has the place, or was told to stop. */
  turn(): Promise<void>;
  /** It will end well and its lock is being released: another may have its place. */
  leaving(): void;
  /** It does not get through to its host at once: the others need not wait for it. */
  slow(): void;
}

/** One member's work, from its first connection to its release. */
export type Work = (member: Member, control: Control) => Promise<Ending>;

/** What became of a roll. */
export interface RollResult {
  endings: Map<string, Ending>;
  /** Why not all were begun; `null` if they were. */
  stopped: string | null;
}

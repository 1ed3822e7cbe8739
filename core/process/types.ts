/** One process for all time: `bootId/pid/startTicks`. Never reused on a host: pids are, but not at the same tick of the same boot. */
export type Identity = string;

/** Which processes an action is about. */
export type ProcessSpec =
  | {
      /** Extended regular expression, as `pgrep` would match it. */
      commandString?: string;
      /** Match the whole command line instead of the process name. */
      fullCmd?: boolean;
      /** Effective user: a name or a numeric UID. */
      user?: string;
      which?: "all" | "oldest" | "newest";
    }
  | { /** systemd unit */ unit: string }
  | { /** absolute path of a file that holds the pid */ pidFile: string }
  | { /** the host itself, from one boot to the next */ boot: true };

/** What one look at a host saw. */
export type Sighting =
  | {
      kind: "seen";
      /** Roots (matches whose parent is no match), outermost PID namespace only. Empty: down. */
      identities: Identity[];
      /** Age in seconds of each of `identities`, by the host's own ticks. */
      ages: number[];
      /** For a pattern: the command lines of some of `identities`. Foreign text, as it came from the host. */
      commandLines?: Record<Identity, string>;
      /** For a unit: its InvocationID while it is active. */
      invocationId?: string;
      /** For a unit: systemd's ActiveState. */
      activeState?: string;
      /** For a unit that is not loaded: systemd's LoadState, such as `not-found`. It is not up, whatever runs. */
      loadState?: string;
      /** For an active unit: the pid of its main process, which has died; systemd has not acted on it yet. */
      deadMain?: number;
      /** For a unit of type `oneshot` that does not run: how its last run ended. */
      ended?: Ended;
    }
  | { kind: "unknown"; reason: string };

export interface Ended {
  /** systemd's Result: `success`, or what went wrong. */
  result: string;
  /** Absent: systemd has forgotten that run, or there was none. */
  invocationId?: string;
}

export type Verdict = "restarted" | "same" | "down" | "unknown";

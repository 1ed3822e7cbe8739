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
  | { /** absolute path of a file that holds the pid */ pidFile: string };

/** What one look at a host saw. */
export type Sighting =
  | {
      kind: "seen";
      /** Roots (matches whose parent is no match), outermost PID namespace only. Empty: down. */
      identities: Identity[];
      /** Age in seconds of each of `identities`, by the host's own ticks. */
      ages: number[];
      /** For a unit: its InvocationID while it is active. */
      invocationId?: string;
      /** For a unit: systemd's ActiveState. */
      activeState?: string;
    }
  | { kind: "unknown"; reason: string };

export type Verdict = "restarted" | "same" | "down" | "unknown";

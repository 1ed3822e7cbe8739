/** A run that was sent to a host. */
export interface SentRun {
  runId: string;
  /** The boot of the host then, if a script had told it. */
  boot: string | null;
  /** Milliseconds on the clock of `performance.now`. */
  at: number;
}

/** What is remembered of one host: by guard key the last run that was sent, and the last one of which it is not known whether it has begun. */
export interface HostDoubts {
  readonly sent: Map<string, SentRun>;
  readonly doubtful: Map<string, string>;
  /** It has one session for each connection: each further script needs a connection of its own. */
  single: boolean;
}

/** Hosts remembered at most; one that is forgotten loses a second line of defence only. */
const MOST = 10_000;

/**
 * Runs whose act may still be on its way to a host, in the buffers of a frozen server:
 * who asks for their guard revokes them, so that they cannot begin after all.
 */
export class Doubts {
  private readonly hosts = new Map<string, HostDoubts>();

  of(host: string): HostDoubts {
    let doubts = this.hosts.get(host);
    if (!doubts) {
      const [oldest] = this.hosts.keys();
      if (this.hosts.size >= MOST && oldest) this.hosts.delete(oldest);
      doubts = { sent: new Map(), doubtful: new Map(), single: false };
      this.hosts.set(host, doubts);
    }
    return doubts;
  }
}

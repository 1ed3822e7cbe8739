/** Guard keys, each with the last run of which it is not known whether it has begun. */
export type HostDoubts = Map<string, string>;

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
      doubts = new Map();
      this.hosts.set(host, doubts);
    }
    return doubts;
  }
}

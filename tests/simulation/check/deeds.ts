/** What the processes of a course have done and were told: what the checks may go by. */
export class Deeds {
  /** Holders that somebody was told of. */
  readonly told = new Set<string>();
  /** Holders whose release was begun, by their own process. */
  readonly releasing = new Set<string>();
  /** Holders that an operator clears. */
  readonly clearing = new Set<string>();
  /** Holders that their process uses no more: left, or marked as failed. */
  readonly over = new Set<string>();
  /** Records that were written so far: each has its number. */
  records = 0;
  /** Nodes are taken away by hand. */
  byHand = false;
  /** Somebody took the Chef lock away by hand. */
  chefByHand = false;
  /** Somebody asks for other limits than the others, or an operator changes them. */
  otherLimits = false;
  /** Sessions of each process. */
  private readonly processes = new Map<number, string>();

  /** The session that each process began last. */
  private readonly latest = new Map<string, number>();

  session(id: number, by: string): void {
    this.processes.set(id, by);
    this.latest.set(by, Math.max(id, this.latest.get(by) ?? 0));
  }

  /** Whether its process goes on in this session: one that it gave up before is over soon. */
  isLatest(session: number): boolean {
    const by = this.processes.get(session);
    return by !== undefined && this.latest.get(by) === session;
  }

  processOf(session: number): string | undefined {
    return this.processes.get(session);
  }
}

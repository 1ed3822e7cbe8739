import { open, rename } from "node:fs/promises";

/**
 * Writes a file as a whole, each time to a new file that then takes the place of
 * the old one, so that a reader finds either. Requests that come while a write
 * runs share the next one.
 */
export class MergedWriter {
  private queued: Promise<void> | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly render: () => string,
  ) {}

  /** Resolves when all that was there at the time of the call is in the file. */
  request(): Promise<void> {
    if (this.queued) return this.queued;
    const turn = this.last.then(() => {
      this.queued = undefined;
      return this.write();
    });
    this.queued = turn;
    this.last = turn.catch(() => {}); // told to those who requested it
    return turn;
  }

  private async write(): Promise<void> {
    const draft = `${this.path}.new`;
    const file = await open(draft, "w", 0o600);
    try {
      await file.writeFile(this.render());
    } finally {
      await file.close();
    }
    await rename(draft, this.path);
  }
}

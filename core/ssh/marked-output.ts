import { Bounded } from "./bounded";

/** Longer than any line of ours: a marker without its end is no marker. */
const LONGEST_MARKER = 256;

/**
 * One output of a remote script. Lines that begin with a token, which only the script
 * and we know, tell where its own output begins and ends: what a login shell prints
 * before, and what a background process prints afterwards, is none of it.
 */
export class MarkedOutput {
  /** What was printed before the script had begun. */
  readonly noise = new Bounded();
  readonly body = new Bounded();
  /** What follows each kind of marker that was seen: `at`, `go`, `end` or `refused`. */
  readonly seen = new Map<string, string>();
  private readonly token: Buffer;
  private rest = Buffer.alloc(0);

  constructor(token: string) {
    this.token = Buffer.from(token);
  }

  push(chunk: Buffer): void {
    let bytes = this.rest.length ? Buffer.concat([this.rest, chunk]) : chunk;
    for (;;) {
      const at = bytes.indexOf(this.token);
      if (at < 0) break;
      const newline = bytes.indexOf("\n", at);
      if (newline < 0 && bytes.length - at < LONGEST_MARKER) {
        this.take(bytes.subarray(0, at));
        this.rest = Buffer.from(bytes.subarray(at));
        return;
      }
      this.take(bytes.subarray(0, at));
      const end = newline < 0 ? bytes.length : newline;
      this.mark(bytes.toString("latin1", at + this.token.length, end));
      bytes = bytes.subarray(end + 1);
    }
    // the last bytes may be the first of a token
    const sure = Math.max(0, bytes.length - this.token.length + 1);
    this.take(bytes.subarray(0, sure));
    this.rest = Buffer.from(bytes.subarray(sure));
  }

  /** The stream has ended, or is not listened to any more. */
  finish(): void {
    this.take(this.rest);
    this.rest = Buffer.alloc(0);
  }

  /** What was printed before the script had begun, the last incomplete line included. */
  waiting(): string {
    return this.noise.toString() + this.rest.toString("latin1");
  }

  private mark(line: string): void {
    const [, kind = "", value = ""] = /^ (\w+) ?(.*)$/.exec(line) ?? [];
    this.seen.set(kind, value);
  }

  private take(bytes: Buffer): void {
    if (!bytes.length || this.seen.has("end") || this.seen.has("refused"))
      return;
    (this.seen.has("at") ? this.body : this.noise).push(bytes);
  }
}

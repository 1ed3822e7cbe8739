import { StringDecoder } from "node:string_decoder";

/** Bytes kept of the beginning, and of the end. */
const HALF = 32 * 1024;

/** The beginning and the end of a stream of any length. */
export class Bounded {
  private readonly head: Buffer[] = [];
  private tail: Buffer[] = [];
  private headLength = 0;
  private tailLength = 0;
  private total = 0;

  push(chunk: Buffer): void {
    this.total += chunk.length;
    const room = HALF - this.headLength;
    if (room > 0) {
      // copied: a slice would keep the whole packet in memory
      const part = Buffer.from(chunk.subarray(0, room));
      this.head.push(part);
      this.headLength += part.length;
    }
    if (chunk.length > room) this.keep(Buffer.from(chunk.subarray(room)));
  }

  /** As text, with a note of how much is missing in the middle. */
  toString(): string {
    const head = Buffer.concat(this.head);
    const tail = Buffer.concat(this.tail).subarray(-HALF);
    const missing = this.total - head.length - tail.length;
    if (missing <= 0) return Buffer.concat([head, tail]).toString("utf8");
    // neither half of a character that was cut in two
    const before = new StringDecoder("utf8").write(head);
    const after = tail.subarray(continuations(tail)).toString("utf8");
    return `${before}\n[… ${missing} bytes left out …]\n${after}`;
  }

  private keep(part: Buffer): void {
    const last = part.subarray(-HALF);
    this.tail.push(last);
    this.tailLength += last.length;
    let first = this.tail[0];
    while (first && this.tailLength - first.length >= HALF) {
      this.tailLength -= first.length;
      this.tail.shift();
      first = this.tail[0];
    }
    if (this.tail.length > 256) this.tail = [Buffer.concat(this.tail)];
  }
}

/** How many bytes at the start belong to a character whose first byte is not there. */
function continuations(bytes: Buffer): number {
  let count = 0;
  while (count < 3 && ((bytes[count] ?? 0) & 0xc0) === 0x80) count++;
  return count;
}

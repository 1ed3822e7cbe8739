import { EMPTY } from "./operations";

/** Writes frames of ZooKeeper's protocol: big-endian numbers, text and buffers with their length before them. */
class FrameWriter {
  private buffer = Buffer.allocUnsafeSlow(16_384);
  private at = 0;

  int(value: number): this {
    this.room(4);
    this.at = this.buffer.writeInt32BE(value, this.at);
    return this;
  }

  long(value: bigint): this {
    this.room(8);
    this.at = this.buffer.writeBigInt64BE(value, this.at);
    return this;
  }

  flag(value: boolean): this {
    this.room(1);
    this.buffer[this.at++] = value ? 1 : 0;
    return this;
  }

  bytes(value: Buffer): this {
    this.int(value.length).room(value.length);
    this.at += value.copy(this.buffer, this.at);
    return this;
  }

  text(value: string): this {
    this.room(4 + 3 * value.length);
    const length = this.buffer.write(value, this.at + 4);
    this.buffer.writeInt32BE(length, this.at);
    this.at += 4 + length;
    return this;
  }

  texts(values: readonly string[]): this {
    this.int(values.length);
    for (const value of values) this.text(value);
    return this;
  }

  /** Bytes that stand there as they are, without a length. */
  raw(value: Buffer): this {
    this.room(value.length);
    this.at += value.copy(this.buffer, this.at);
    return this;
  }

  /** A frame of what `write` writes. */
  frame(write: (out: this) => void): Buffer {
    this.at = 4;
    write(this);
    this.buffer.writeInt32BE(this.at - 4, 0);
    return Buffer.from(this.buffer.subarray(0, this.at));
  }

  private room(count: number): void {
    if (this.at + count <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.at + count));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}

export type Writer = Pick<
  FrameWriter,
  "int" | "long" | "flag" | "bytes" | "text" | "texts" | "raw"
>;

// all frames are written at once, one after another
const writer = new FrameWriter();

export const frame = (write: (out: Writer) => void): Buffer =>
  writer.frame(write);

/** Reads one frame. @throws RangeError where it ends too early */
export class Reader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  int(): number {
    const value = this.buffer.readInt32BE(this.at);
    this.at += 4;
    return value;
  }

  long(): bigint {
    const value = this.buffer.readBigInt64BE(this.at);
    this.at += 8;
    return value;
  }

  flag(): boolean {
    return this.buffer.readUInt8(this.at++) !== 0;
  }

  /** A copy: the frame's memory is shared with others. Absent is empty. */
  bytes(): Buffer {
    const [start, end] = this.span();
    return start === end
      ? EMPTY
      : Buffer.from(this.buffer.subarray(start, end));
  }

  text(): string {
    const [start, end] = this.span();
    return this.buffer.toString("utf8", start, end);
  }

  texts(): string[] {
    const count = this.int();
    const values: string[] = [];
    for (let i = 0; i < count; i++) values.push(this.text());
    return values;
  }

  /** Nothing is left to read. */
  get ended(): boolean {
    return this.at >= this.buffer.length;
  }

  private span(): [start: number, end: number] {
    const length = Math.max(0, this.int()); // -1 is null
    const start = this.at;
    this.at += length;
    if (this.at > this.buffer.length)
      throw new RangeError("the frame is shorter than what it says");
    return [start, this.at];
  }
}

/** Longer than any answer: whoever says so speaks another protocol. */
const LONGEST = 64 * 1024 * 1024;

/** Cuts a stream into frames. */
export class Frames {
  private parts: Buffer[] = [];
  private length = 0;

  /** Calls `see` with the body of each frame that is complete. @throws RangeError if it is no such stream */
  feed(chunk: Buffer, see: (body: Buffer) => void): void {
    this.parts.push(chunk);
    this.length += chunk.length;
    if (this.length < this.awaited()) return;
    let rest = this.parts.length === 1 ? chunk : Buffer.concat(this.parts);
    while (rest.length >= 4) {
      const end = 4 + this.sizeOf(rest);
      if (rest.length < end) break;
      see(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
    this.parts = rest.length > 0 ? [rest] : [];
    this.length = rest.length;
  }

  /** Bytes without which there is no use in looking: a long answer is put together once. */
  private awaited(): number {
    const first = this.parts[0]!;
    return first.length < 4 ? 4 : 4 + this.sizeOf(first);
  }

  private sizeOf(buffer: Buffer): number {
    const size = buffer.readInt32BE(0);
    if (size < 0 || size > LONGEST)
      throw new RangeError(`a frame of ${size} bytes`);
    return size;
  }
}

/** Longer than any answer: whoever says so speaks another protocol. */
const LONGEST = 64 * 1024 * 1024;

/** An answer that is refused for its size. */
export class AnswerTooLarge extends RangeError {}

/** Cuts a stream into frames: each begins with its length. */
export class Frames {
  private parts: Buffer[] = [];
  private length = 0;

  /** Calls `see` with each frame that is complete, its length included. @throws RangeError if it is no such stream */
  feed(chunk: Buffer, see: (frame: Buffer) => void): void {
    this.parts.push(chunk);
    this.length += chunk.length;
    const first = this.parts[0]!;
    // a long answer is put together once
    if (first.length >= 4 && this.length < 4 + sizeOf(first)) return;
    let rest = this.parts.length === 1 ? chunk : Buffer.concat(this.parts);
    const frames: Buffer[] = [];
    while (rest.length >= 4) {
      const end = 4 + sizeOf(rest);
      if (rest.length < end) break;
      frames.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    this.parts = rest.length > 0 ? [rest] : [];
    this.length = rest.length;
    for (const frame of frames) see(frame);
  }
}

function sizeOf(buffer: Buffer): number {
  const size = buffer.readInt32BE(0);
  if (size > LONGEST) throw new AnswerTooLarge(`a frame of ${size} bytes`);
  if (size < 0) throw new RangeError(`a frame of ${size} bytes`);
  return size;
}

/** The states seen so far, packed: twenty-odd bytes each. */
import type { State } from "./state";

const CHUNK = 1 << 16;

/** States in the order they were found, each with its predecessor; and which of them are known. */
export class Visited {
  private readonly chunks: Int32Array[] = [];
  private table = new Int32Array(1 << 16).fill(-1);
  count = 0;

  constructor(private readonly width: number) {}

  at(index: number): State {
    const from = (index % CHUNK) * this.stride;
    const chunk = this.chunks[Math.floor(index / CHUNK)]!;
    return chunk.subarray(from, from + this.width);
  }

  parentOf(index: number): number {
    const chunk = this.chunks[Math.floor(index / CHUNK)]!;
    return chunk[(index % CHUNK) * this.stride + this.width]!;
  }

  private get stride(): number {
    return this.width + 1;
  }

  /** Whether the state is new; it is kept then. */
  add(state: State, parent: number): boolean {
    if (this.count * 2 > this.table.length) this.grow();
    const place = this.placeOf(state);
    if (this.table[place] !== -1) return false;
    const index = this.count++;
    if (index % CHUNK === 0)
      this.chunks.push(new Int32Array(CHUNK * this.stride));
    const from = (index % CHUNK) * this.stride;
    const chunk = this.chunks[Math.floor(index / CHUNK)]!;
    for (let i = 0; i < this.width; i++) chunk[from + i] = state[i]!;
    chunk[from + this.width] = parent;
    this.table[place] = index;
    return true;
  }

  private placeOf(state: State): number {
    const mask = this.table.length - 1;
    let place = this.hash(state) & mask;
    for (;;) {
      const index = this.table[place]!;
      if (index === -1 || this.same(index, state)) return place;
      place = (place + 1) & mask;
    }
  }

  private hash(state: State): number {
    let hash = 0x9e3779b9;
    for (let i = 0; i < this.width; i++) {
      hash = Math.imul(hash ^ state[i]!, 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0xc2b2ae35);
    return hash ^ (hash >>> 13);
  }

  private same(index: number, state: State): boolean {
    const chunk = this.chunks[Math.floor(index / CHUNK)]!;
    const from = (index % CHUNK) * this.stride;
    for (let i = 0; i < this.width; i++)
      if (chunk[from + i] !== state[i]) return false;
    return true;
  }

  private grow(): void {
    this.table = new Int32Array(this.table.length * 2).fill(-1);
    for (let i = 0; i < this.count; i++)
      this.table[this.placeOf(this.at(i))] = i;
  }
}

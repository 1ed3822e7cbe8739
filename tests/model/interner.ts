/** Numbers for values: equal values, by their text, get the same one. */
export class Interner<T> {
  private readonly ids = new Map<string, number>();
  private readonly values: T[] = [];

  constructor(private readonly text: (value: T) => string) {}

  idOf(value: T): number {
    const key = this.text(value);
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = this.values.length;
    this.ids.set(key, id);
    this.values.push(value);
    return id;
  }

  valueOf(id: number): T {
    const value = this.values[id];
    if (value === undefined) throw new Error(`no value ${String(id)}`);
    return value;
  }

  get size(): number {
    return this.values.length;
  }
}

/** What was computed for a pair of numbers. */
export class PairMemo<T> {
  private readonly rows: (Map<number, T> | undefined)[] = [];

  get(a: number, b: number, compute: () => T): T {
    const row = (this.rows[a] ??= new Map<number, T>());
    const known = row.get(b);
    if (known !== undefined) return known;
    const value = compute();
    row.set(b, value);
    return value;
  }
}

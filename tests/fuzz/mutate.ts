import fc from "fast-check";
import { UNKNOWN } from "../../provider/unknown";

/** Texts that have been trouble somewhere. */
const TEXTS = [
  ...["", " ", "/", "//", "/..", "..", ".", "%", "%E0%A4%A", "-1", "1e999"],
  ...["constructor", "toString", "\0", "\r\n", "\u2028", "\ud800", "\u202e"],
  ...["null", "true", "9007199254740993", "a b", "x:y", "@", "[", "\\", "'"],
  ...["$(id)", "\u001b[2J", "é", "🐘", UNKNOWN, "NaN", "Infinity", "1%"],
];

export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc
    .tuple(fc.constantFrom(..." \t\na0:/%.-\\({[*^$'\"#"), fc.nat(60_000))
    .map(([character, times]) => character.repeat(times)),
);

const anyNumber = fc.oneof(
  fc.constantFrom(0, -0, -1, 1, 2 ** 31, 2 ** 53, 1e308, -1e308, 0.5),
  fc.double(),
  fc.integer(),
);

const deep = fc.nat(300).map((levels) => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = i % 2 ? [value] : { proxy: value };
  return value;
});

/** Whatever JSON can hold. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: anyText },
  { weight: 3, arbitrary: anyNumber },
  { weight: 3, arbitrary: fc.constantFrom(null, true, false, [], {}, [[]]) },
  { weight: 2, arbitrary: fc.jsonValue() },
  { weight: 1, arbitrary: deep },
);

type Change =
  | { kind: "put"; at: number; value: unknown }
  | { kind: "remove"; at: number }
  | { kind: "add"; at: number; key: string; value: unknown }
  | { kind: "swap"; at: number; with: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant("put" as const),
    at: fc.nat(),
    value: anyValue,
  }),
  fc.record({ kind: fc.constant("remove" as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant("add" as const),
    at: fc.nat(),
    key: anyText,
    value: anyValue,
  }),
  fc.record({
    kind: fc.constant("swap" as const),
    at: fc.nat(),
    with: fc.nat(),
  }),
);

type Part = [holder: Record<string, unknown>, key: string];

function partsOf(whole: Record<string, unknown>): Part[] {
  const parts: Part[] = [];
  const open = [whole];
  for (let holder = open.pop(); holder; holder = open.pop())
    for (const [key, value] of Object.entries(holder)) {
      parts.push([holder, key]);
      if (typeof value === "object" && value !== null && parts.length < 500)
        open.push(value as Record<string, unknown>);
    }
  return parts;
}

function put(holder: Record<string, unknown>, key: string, value: unknown) {
  Object.defineProperty(holder, key, {
    value,
    ...{ enumerable: true, configurable: true, writable: true },
  });
}

function apply(whole: Record<string, unknown>, change: Change): void {
  const parts = partsOf(whole);
  const part = (at: number) => parts[at % parts.length];
  const chosen = part(change.at);
  if (!chosen) return;
  const [holder, key] = chosen;
  if (change.kind === "put") put(holder, key, change.value);
  else if (change.kind === "add") put(holder, change.key, change.value);
  else if (change.kind === "swap") {
    const [other, name] = part(change.with)!;
    put(holder, key, structuredClone(other[name]));
  } else delete holder[key];
}

/** Objects like these, with some of their parts changed. */
export function like(
  ...samples: Record<string, unknown>[]
): fc.Arbitrary<Record<string, unknown>> {
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { maxLength: 5 }))
    .map(([sample, changes]) => {
      const whole = structuredClone(sample);
      for (const each of changes) apply(whole, each);
      return whole;
    });
}

export interface Cut {
  from: number;
  length: number;
  by: Uint8Array;
  times: number;
}

export const anyCut: fc.Arbitrary<Cut> = fc.oneof(
  // something else in its place
  fc.record({
    from: fc.nat(),
    length: fc.nat(4),
    by: fc.uint8Array({ maxLength: 8 }),
    times: fc.constant(1),
  }),
  // the same again and again
  fc.record({
    from: fc.nat(),
    length: fc.constant(0),
    by: fc.constant(new Uint8Array()),
    times: fc.nat(40_000),
  }),
  // the end is missing
  fc.record({
    from: fc.nat(),
    length: fc.constant(Infinity),
    by: fc.constant(new Uint8Array()),
    times: fc.constant(1),
  }),
);

export function cutOut(
  whole: Buffer,
  { from, length, by, times }: Cut,
): Buffer {
  const at = from % (whole.length + 1);
  const end = Math.min(whole.length, at + length);
  const repeated =
    length === 0 && by.length === 0
      ? Buffer.concat(
          Array<Buffer>(times).fill(whole.subarray(at, at + 1 + (from % 3))),
        )
      : Buffer.from(by);
  return Buffer.concat([whole.subarray(0, at), repeated, whole.subarray(end)]);
}

/** Bytes like these, with places cut, changed and stretched. */
export function bytesLike(
  ...samples: (Buffer | string)[]
): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(anyCut, { maxLength: 3 }))
    .map(([sample, cuts]) => cuts.reduce(cutOut, Buffer.from(sample)));
}

/** Texts like these, and any others. */
export const textLike = (...samples: string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: bytesLike(...samples).map(String) },
    { weight: 1, arbitrary: anyText },
  );

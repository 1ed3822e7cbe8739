/** Levels of lists and objects in inputs: more than anybody means, and few enough to be gone through by recursion. */
const DEEPEST = 64;

/**
 * What is wrong with inputs before any schema can be asked: they are nested too deeply, or have a key that JavaScript
 * takes for something else. At most one problem for each property; no value is repeated.
 */
export function describeShape(inputs: object): string[] {
  return Object.entries(inputs).flatMap(([property, value]) => {
    if (property === "__proto__") return [`${property}: ${NO_NAME}`];
    const problem = problemIn(value, property);
    return problem === null ? [] : [problem];
  });
}

/** Characters of a key that are shown. */
const LONGEST_KEY = 100;

/** A key, as the path to a property shows it. */
export function keyName(key: string): string {
  if (key === "") return '""';
  return key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}…` : key;
}

const NO_NAME = "cannot be the name of anything here";

interface Place {
  value: unknown;
  key: string;
  level: number;
  above: Place | null;
}

function problemIn(whole: unknown, property: string): string | null {
  const open: Place[] = [
    { value: whole, key: property, level: 1, above: null },
  ];
  for (let place = open.pop(); place; place = open.pop()) {
    const { value, level } = place;
    if (typeof value !== "object" || value === null) continue;
    if (level > DEEPEST)
      return `${keyName(property)}: is nested more than ${DEEPEST} levels deep`;
    for (const key of Object.keys(value)) {
      if (key === "__proto__") return `${pathTo(place)}.${key}: ${NO_NAME}`;
      const part = (value as Record<string, unknown>)[key];
      if (typeof part === "object")
        open.push({ value: part, key, level: level + 1, above: place });
    }
  }
  return null;
}

function pathTo({ key, above }: Place): string {
  return above ? `${pathTo(above)}.${keyName(key)}` : keyName(key);
}

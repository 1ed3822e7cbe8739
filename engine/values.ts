import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { isDeepStrictEqual } from "node:util";

/** A property as it travels: plain JSON, in which a secret is an object with a signature. */
export type Value =
  null | boolean | number | string | Value[] | { [key: string]: Value };
export type Properties = Record<string, Value>;

/** Stands for any value that is not known before the update ran. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** The key that tells a marked object from a plain one. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

export interface Secret {
  [SIGNATURE]: typeof SECRET;
  value: Value;
  [key: string]: Value;
}

const isObject = (value: unknown): value is Record<string, Value> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const secret = (value: Value): Secret => ({
  [SIGNATURE]: SECRET,
  value,
});

export const isSecret = (value: unknown): value is Secret =>
  isObject(value) && value[SIGNATURE] === SECRET;

/** What signs an object that is neither plain nor a secret: an asset, say. */
export function foreignSignature(value: Value): string | undefined {
  if (Array.isArray(value)) return firstOf(value, foreignSignature);
  if (!isObject(value)) return undefined;
  if (isSecret(value)) return foreignSignature(value.value);
  if (SIGNATURE in value) return String(value[SIGNATURE]);
  return firstOf(Object.values(value), foreignSignature);
}

function firstOf<T>(values: Value[], find: (value: Value) => T | undefined) {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A copy in which `replace` has had each secret; all else stays. */
export function mapSecrets(
  value: Value,
  replace: (secret: Secret) => Value,
): Value {
  if (Array.isArray(value)) return value.map((v) => mapSecrets(v, replace));
  if (!isObject(value)) return value;
  if (isSecret(value)) return replace(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, v]) => [key, mapSecrets(v, replace)]),
  );
}

/** The plain value: what a dynamic provider is given, as it accepts no secrets. */
export function reveal(value: Value): Value {
  return mapSecrets(value, (found) => reveal(found.value));
}

export const revealAll = (properties: Properties): Properties =>
  Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, reveal(value)]),
  );

/** What may be shown: secrets hidden. */
export const hide = (value: Value): Value =>
  mapSecrets(value, () => "[secret]");

export const hasSecret = (value: Value): boolean =>
  contains(value, (part) => isSecret(part));

export const hasUnknown = (value: Value): boolean =>
  contains(value, (part) => part === UNKNOWN);

function contains(value: Value, test: (part: Value) => boolean): boolean {
  if (test(value)) return true;
  if (Array.isArray(value)) return value.some((part) => contains(part, test));
  return (
    isObject(value) && Object.values(value).some((part) => contains(part, test))
  );
}

/**
 * Marks what a provider answered like what it was asked with: by key, objects
 * recursively, an array as a whole.
 */
export function markLike(answer: Value, asked: Value | undefined): Value {
  if (asked === undefined || isSecret(answer)) return answer;
  if (isSecret(asked)) return secret(answer);
  if (Array.isArray(asked)) return hasSecret(asked) ? secret(answer) : answer;
  if (!isObject(asked) || !isObject(answer)) return answer;
  return markAll(answer, asked);
}

export function markAll(
  answer: Properties,
  asked: Properties,
  alsoSecret: readonly string[] = [],
): Properties {
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => {
      const marked = markLike(value, asked[key]);
      const whole = alsoSecret.includes(key) && !isSecret(marked);
      return [key, whole ? secret(reveal(marked)) : marked];
    }),
  );
}

export const equal = (one: Value, other: Value): boolean =>
  isDeepStrictEqual(one, other);

export const toStruct = (properties: Properties): Struct =>
  Struct.fromJavaScript(properties);

export const fromStruct = (struct: Struct | undefined): Properties =>
  (struct?.toJavaScript() ?? {}) as Properties;

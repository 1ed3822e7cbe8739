/**
 * Bytes of a failed operation, which travels as a whole in one header of the protocol, as base64.
 * A client in Node takes headers of 64 KB, and waits for ever for a call that ends with a longer one;
 * Pulumi's engine, on Go's gRPC, takes 16 MB.
 */
const FAILURE_SIZE = 48_000;
/** Of it, what the reasons may take. */
export const REASONS_SIZE = 8000;
/** Names of its types, the resource's id, the provider's text. */
const FRAME_SIZE = 1000;
/** Of it, what the state may take. */
export const STATE_SIZE = FAILURE_SIZE - REASONS_SIZE - FRAME_SIZE;

/** Bytes of a JSON object as the protocol's `Struct`. */
export function structSize(properties: object): number {
  return Object.entries(properties).reduce(
    (sum, [key, value]) =>
      sum +
      field(field(Buffer.byteLength(key)) + field(valueSize(value as unknown))),
    0,
  );
}

function valueSize(value: unknown): number {
  if (typeof value === "string") return field(Buffer.byteLength(value));
  if (typeof value === "number") return 9;
  if (typeof value !== "object" || value === null) return 2;
  if (!Array.isArray(value)) return field(structSize(value));
  const items = value.map((item: unknown) => field(valueSize(item)));
  return field(items.reduce((sum, size) => sum + size, 0));
}

/** A field of so many bytes, with its number and its length. */
function field(length: number): number {
  let size = 2 + length;
  for (let rest = length; rest >= 128; rest = Math.floor(rest / 128)) size += 1;
  return size;
}

/** Takes secret values out of a text. */
export type Redactor = (text: string) => string;

const SHORTEST = 4; // shorter ones would turn harmless text into holes
const LINE = 16;

/**
 * A redactor that knows these secrets. Of a secret of several lines (a key) each
 * longer line counts by itself, because messages are cut into lines.
 */
export function createRedactor(secrets: Iterable<string>): Redactor {
  const known = new Set<string>();
  for (const secret of secrets) {
    if (secret.length >= SHORTEST) known.add(secret);
    const trimmed = secret.trim();
    if (trimmed.length >= SHORTEST) known.add(trimmed);
    if (secret.includes("\n"))
      for (const line of secret.split("\n"))
        if (line.trim().length >= LINE) known.add(line.trim());
  }
  // the longest first: one secret may contain another
  const ordered = [...known].sort((a, b) => b.length - a.length);
  return (text) =>
    ordered.reduce(
      (rest, secret) =>
        rest.includes(secret) ? rest.replaceAll(secret, "[secret]") : rest,
      text,
    );
}

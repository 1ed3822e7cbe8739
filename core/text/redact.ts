import { clean } from "./clean";

/** Takes secret values out of a text. */
export type Redactor = (text: string) => string;

const SHORTEST = 4; // shorter ones would turn harmless text into holes
/** What stands where the middle of an output was left out: a secret may have been cut in two there. */
const CUT = /\n\[… \d+ (?:bytes|characters) left out …\]\n/;
const HOLE = "[secret]";

/**
 * A redactor that knows these secrets: as they are, each line of them by itself, because messages are cut into
 * lines, and as they look once control characters are gone. Longer ones go first: one secret may contain another.
 * It is used before a text is cut, or cleaned: half a secret is none that it knows.
 */
export function createRedactor(secrets: Iterable<string>): Redactor {
  const known = new Set<string>();
  for (const secret of secrets)
    for (const form of [secret, ...secret.split(/[\r\n]+/)])
      for (const text of [form, form.trim(), clean(form), clean(form).trim()])
        if (text.length >= SHORTEST) known.add(text);
  const ordered = [...known].sort((a, b) => b.length - a.length);
  const redact = (text: string) =>
    ordered.reduce(
      (rest, secret) =>
        rest.includes(secret) ? rest.replaceAll(secret, HOLE) : rest,
      text,
    );
  return (text) => {
    const [note] = CUT.exec(text) ?? [];
    if (note === undefined) return redact(text);
    const at = text.indexOf(note);
    const [before, after] = [text.slice(0, at), text.slice(at + note.length)];
    return redact(
      withoutBeginning(before, ordered) + note + withoutEnd(after, ordered),
    );
  };
}

/** Without the beginning of a secret at its end. */
function withoutBeginning(text: string, secrets: string[]): string {
  const longest = secrets.reduce((most, secret) => {
    let length = Math.min(secret.length - 1, text.length);
    while (length > most && !text.endsWith(secret.slice(0, length))) length--;
    return Math.max(most, length);
  }, SHORTEST - 1);
  return longest < SHORTEST ? text : text.slice(0, -longest) + HOLE;
}

/** Without the end of a secret at its beginning. */
function withoutEnd(text: string, secrets: string[]): string {
  const longest = secrets.reduce((most, secret) => {
    let length = Math.min(secret.length - 1, text.length);
    while (length > most && !text.startsWith(secret.slice(-length))) length--;
    return Math.max(most, length);
  }, SHORTEST - 1);
  return longest < SHORTEST ? text : HOLE + text.slice(longest);
}

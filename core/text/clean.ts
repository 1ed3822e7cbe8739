/** Characters at most of one text that comes from outside. */
const LONGEST = 70_000;

/** Of one line of an error, or beside a resource: enough for every command that is printed. */
export const LONGEST_LINE = 4000;

/** Control characters, what changes the direction of a text, what has no width, and halves of characters. */
const UNSEEN = /\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}|\p{DI}/gu;

/**
 * A text that comes from outside (what a host or a server says, what a record of somebody else holds) as it may be shown:
 * it steers no terminal, hides nothing, and turns nothing around. Lines stay lines. Secrets are taken out before, colour is added after.
 */
export function clean(text: string, longest = LONGEST): string {
  return ended(text, longest)
    .replace(/\r+\n/g, "\n")
    .replace(/\r/g, "\n")
    .replace(UNSEEN, (c) => (c === "\n" || c === "\t" ? c : "\ufffd"));
}

/** A text that is ended where it is too long. */
export function ended(text: string, longest: number): string {
  const more = text.length - longest;
  if (more <= 0) return text;
  return `${text.slice(0, longest)}\n[… ${more} characters left out …]`;
}

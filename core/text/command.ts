// Every command that is printed for people is made here: it can be pasted as it is.
import { quote } from "./quote";

export const DEFAULT_ROOT = "/locked-action";

/** Where a lock is: what a command needs to find it from any machine. */
export interface LockPlace {
  /** As `--servers` takes it. */
  servers: string;
  /** Namespace of the locks. */
  root?: string;
}

/** A `locked-action` command, complete: servers always, the root where it is another than the default. */
export function lockedAction(
  { servers, root = DEFAULT_ROOT }: LockPlace,
  ...words: string[]
): string {
  const elsewhere = root === DEFAULT_ROOT ? [] : ["--root", root];
  return ["locked-action", ...words, "--servers", servers, ...elsewhere]
    .map(shellWord)
    .join(" ");
}

/** Takes a lock away from one holder. */
export const clearCommand = (place: LockPlace, name: string, holder: string) =>
  lockedAction(place, "clear", name, "--holder", holder, "-m", "WHY");

/** `pulumi up`, of one resource if its URN is known. */
export function pulumiUp(urn?: string): string {
  return urn === undefined
    ? "pulumi up"
    : `pulumi up --target ${shellWord(urn)}`;
}

/** Characters that mean nothing to any shell, at any place of a word; zsh expands a leading `=`. */
const PLAIN = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/;
/** They would steer a terminal, or not be seen: a shell is told them by number. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/u;

/** One word for a POSIX shell and zsh, whatever it contains; NUL, which no word can hold, is shown as U+FFFD. */
export function shellWord(text: string): string {
  const word = text.replaceAll("\0", "\uFFFD");
  if (PLAIN.test(word)) return word;
  if (!UNSEEN.test(word)) return quote(word);
  const told = [...word]
    .map((c) => (UNSEEN.test(c) || /['\\%]/.test(c) ? octal(c) : c))
    .join("");
  return `"$(printf '${told}')"`;
}

const octal = (character: string) =>
  [...Buffer.from(character)]
    .map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
    .join("");

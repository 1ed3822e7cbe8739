import { quote } from "../text/quote";

/**
 * What the body reads on its stdin, held in the shell's memory as base64: never in a file, which a full disk has no room for,
 * and never in argv. It is part of the program: complete, or nothing is run.
 */
export function holdInput(stdin: string): string {
  const bytes = Buffer.from(stdin);
  const lines = bytes.toString("base64").match(/.{1,76}/g) ?? [];
  return `command -v base64 >/dev/null || la_refuse 127 'this host has no base64, which stdin needs'
la_size=${bytes.length} la_in=${quote(lines.join("\n"))}
la_input() { echo "$la_in" | base64 -d; }`;
}

/** Counted before the body begins: half an input must not be taken for the whole. */
export const CHECK_INPUT = `la_c=$(la_input | wc -c) || la_c=-1
[ "$((la_c))" = "$la_size" ] || la_refuse 96 "the input could not be made on this host: $((la_c)) of $la_size bytes"`;

/** Without the guard's files: a daemon that keeps its stdin open would keep them too. */
export const FEED = `(exec 4>&- 6<&- 7<&- 8<&- 9<&-; la_input)`;

import { clean } from "./clean";

/** The last lines of a command's output, at most `count` of them and `width` characters each; none if it is blank. */
export function lastLines(text: string, count = 5, width = 300): string[] {
  const lines = clean(text)
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
  return lines.slice(-count).map((line) => clip(line, width));
}

/** The end of a text, with a note of how much was left out before it. */
export function tail(text: string, length: number): string {
  if (text.length <= length) return text;
  const note = `[${text.length - length} characters left out]\n`;
  return note + text.slice(-length);
}

/** The beginning and the end of a text, with a note of how much was left out between them. */
export function middleOut(text: string, length: number): string {
  if (text.length <= length) return text;
  const half = Math.floor(length / 2);
  return `${text.slice(0, half)}\n[… ${text.length - 2 * half} characters left out …]\n${text.slice(-half)}`;
}

/** One line of at most `width` characters. */
export function oneLine(text: string, width = 300): string {
  return clip(clean(text).replace(/\s+/g, " ").trim(), width);
}

function clip(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

/** One command of a page, with what it prints. */
export interface Shown {
  command: string;
  output: string;
}

const BLOCK = /^```console\n([^]*?)^```$/gm;

/** The commands in the console blocks of a page, in their order. */
export function commandsIn(page: string): Shown[] {
  return [...page.matchAll(BLOCK)].flatMap(([, text = ""]) =>
    text
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = "", ...lines] = part.split("\n");
        return { command, output: lines.join("\n").trimEnd() };
      }),
  );
}

/** The page with other commands and outputs in the place of its own. */
export function withShown(page: string, shown: Shown[]): string {
  let next = 0;
  return page.replace(BLOCK, (_, text: string) => {
    const count = text.split(/^\$ /m).length - 1;
    const blocks = shown
      .slice(next, (next += count))
      .map(({ command, output }) =>
        [`$ ${command}`, ...(output ? [output] : []), ""].join("\n"),
      );
    return `\`\`\`console\n${blocks.join("")}\`\`\``;
  });
}

/** What differs from run to run: ids, times, ages, counters, and the width of columns. */
export function timeless(output: string): string {
  return output
    .replace(/[0-9a-f]{16}-[0-9a-f]{16}(-\d{10})?/g, "ID")
    .replace(/\b[0-9a-f]{12}\b/g, "HASH")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/\d+(\.\d+)? (s|min|h|days|d)\b( \d+ (s|min|h)\b)?/g, "AGE")
    .replace(/(token +)\d+/g, "$1N")
    .replace(/ahead of|behind/g, "beside")
    .replace(/ +/g, " ");
}

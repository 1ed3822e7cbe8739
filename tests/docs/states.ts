import { readFileSync, writeFileSync } from "node:fs";

/**
 * Whether a page has exactly these lines between `<!-- NAME … -->` and `<!-- /NAME -->`.
 * With STATES=write in the environment they are written there first.
 */
export function matchesPage(page: string, name: string, made: string): boolean {
  const marks = new RegExp(`(<!-- ${name}[^>]*-->\n)[^]*?(<!-- /${name} -->)`);
  const text = readFileSync(page, "utf8");
  if (!marks.test(text)) throw new Error(`${page} has no block ${name}`);
  const right = text.replace(
    marks,
    (_, begin: string, end: string) => begin + made + end,
  );
  if (process.env.STATES === "write") writeFileSync(page, right);
  return process.env.STATES === "write" || right === text;
}

/** A table in Markdown. */
export function table(header: string[], rows: string[][]): string {
  const lines = [header, header.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

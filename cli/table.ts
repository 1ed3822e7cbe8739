import width from "string-width";

/** Columns under headings, two blanks between them, no lines. */
export function table(head: string[], rows: string[][]): string {
  const all = [head, ...rows].map((cells) =>
    cells.map((text) => ({ text, width: widthOf(text) })),
  );
  const widths = head.map((_, column) =>
    all.reduce((most, row) => Math.max(most, row[column]?.width ?? 0), 0),
  );
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.text + " ".repeat(widths[i]! - cell.width))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Columns that a text takes on a terminal. */
const widthOf = (text: string) =>
  /^[\x20-\x7e]*$/.test(text) ? text.length : width(text);

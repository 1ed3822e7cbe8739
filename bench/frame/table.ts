import type { Figure } from "./figure";
import { OURS } from "./figure";
import type { Summary } from "./statistics";

const HEAD = [
  "figure",
  "party",
  "median",
  "min – max",
  "ours ÷ peer",
  "min – max",
];

/** Three significant digits, never an exponent. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value.toFixed(size >= 10 ? 1 : 2);
}

const range = ({ min, max }: Summary) => `${digits(min)} – ${digits(max)}`;

function rowsOf(figure: Figure): string[][] {
  return figure.parties.map((party, i) => {
    const summary = figure.summary(party)!;
    const ratio = party === OURS ? null : figure.ratio(party);
    return [
      i === 0 ? figure.name : "",
      party,
      `${digits(summary.median)} ${figure.unit}`,
      range(summary),
      ratio ? ratio.median.toFixed(2) : "",
      ratio ? `${ratio.min.toFixed(2)} – ${ratio.max.toFixed(2)}` : "",
    ];
  });
}

export function table(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.flatMap(rowsOf)];
  const widths = HEAD.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Counts which cells of the two tables of decisions lives come to. To be imported before the code that decides. */
import { createRequire } from "node:module";
import type * as Act from "../../../core/action/decide";
import type * as Roll from "../../../provider/rolling/decide";

const load = createRequire(__filename);

const CLASSES: Record<Act.Situation["perform"], string> = {
  ...{ restart: "restart", "try-restart": "restart", command: "restart" },
  ...{ reload: "reload", "reload-or-restart": "reload" },
  ...{ start: "start", stop: "stop", reboot: "restart" },
};
const LOOKS = ["same", "others", "none", "unwatched"] as const;

/** The cells of docs/failures.md that a run under its lock can come to: what is done, or cannot be looked at, ends before. */
const ACT_CELLS = LOOKS.flatMap((processes) => [
  ...["none", "other", "this verified"].map((row) => `${row}, ${processes}`),
  ...["restart", "reload", "start", "stop"].flatMap((perform) =>
    ["owed", "attempted", "acted"].map(
      (phase) => `this ${phase} (${perform}), ${processes}`,
    ),
  ),
]);

/** The cells of docs/rolling.md that are told apart: who owes or holds something is taken in hand without a look. */
const ROLL_CELLS = [
  ...["debt", "kept", "stale"].map((left) => `${left}, unwatched`),
  ...["same", "others", "unwatched", "unseen"].map(
    (processes) => `none, state, ${processes}`,
  ),
  ...[...LOOKS, "mismatched", "unseen"].flatMap((processes) =>
    ["this, state", "this, roll", "other, state", "other, roll"].map(
      (row) => `${row}, ${processes}`,
    ),
  ),
];

class Counted {
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly page: string,
    private readonly cells: string[],
  ) {}

  add(cell: string): void {
    this.counts.set(cell, (this.counts.get(cell) ?? 0) + 1);
  }

  /** `docs/failures.md: 48 of 60 cells; never: …` */
  line(): string {
    const missing = this.cells.filter((cell) => !this.counts.has(cell));
    const reached = this.cells.length - missing.length;
    const never = missing.length > 0 ? `; never: ${missing.join(" · ")}` : "";
    return `${this.page}: ${reached} of ${this.cells.length} cells${never}`;
  }
}

export const tables = [
  new Counted("docs/failures.md", ACT_CELLS),
  new Counted("docs/rolling.md", ROLL_CELLS),
] as const;

/** Whoever loads the module later gets this function in the place of its own. */
function wrap<M extends object>(file: string, more: (real: M) => Partial<M>) {
  const real = load(file) as M;
  const entry = load.cache[load.resolve(file)]!;
  entry.exports = { ...real, ...more(real) };
}

wrap<typeof Act>("../../../core/action/decide", ({ decide }) => ({
  decide: (situation) => {
    const { record, phase, processes, perform } = situation;
    const row =
      record !== "this"
        ? record
        : phase === "verified"
          ? "this verified"
          : `this ${phase} (${CLASSES[perform]})`;
    tables[0].add(`${row}, ${processes}`);
    return decide(situation);
  },
}));

wrap<typeof Roll>("../../../provider/rolling/decide", ({ decideHost }) => ({
  decideHost: (situation) => {
    const { record, source, processes, left } = situation;
    const row = left === "nothing" ? `${record}, ${source}` : left;
    tables[1].add(`${row}, ${processes}`);
    return decideHost(situation);
  },
}));

import os from "node:os";
import { Sandbox } from "../../tests/support/sandbox";
import { Figure } from "./figure";
import { holds, sentence, type Goal } from "./goal";
import { parseOptions, type Options } from "./options";
import { table } from "./table";

export { Figure, OURS, ratiosOf } from "./figure";
export type { Goal } from "./goal";
export type { Options } from "./options";
export { median, quantile, summarize } from "./statistics";

/** Exit code when every goal that was measured holds, but not every one was measured. */
const INCOMPLETE = 2;

/** Something asked in each run and judged at the end. */
export interface Question {
  measure(run: number): Promise<void>;
  judge(): void | Promise<void>;
}

/** One benchmark: figures of ours and of the peers out of the same runs, and the goals they are held to. */
export class Bench {
  readonly figures: Figure[] = [];
  readonly goals: Goal[] = [];
  readonly notes: string[] = [];

  constructor(
    readonly name: string,
    readonly options: Options,
    /** All servers and peers run in it, and end with it. */
    readonly sandbox: Sandbox,
  ) {}

  figure(name: string, unit: string): Figure {
    const figure = new Figure(name, unit);
    this.figures.push(figure);
    return figure;
  }

  /** Something a reader of the figures must know: a missing peer, the engine it ran on. */
  note(text: string): void {
    this.notes.push(text);
  }

  goal(goal: Goal): void {
    this.goals.push(goal);
  }

  /** Of this bench's questions those that were asked for. @throws Error that names them all */
  chosen<T>(questions: Record<string, T>): T[] {
    const { only } = this.options;
    const unknown = only.find((name) => !(name in questions));
    if (unknown !== undefined)
      throw new Error(
        `--only ${unknown}: expected one of ${Object.keys(questions).join(", ")}`,
      );
    return Object.entries(questions)
      .filter(([name]) => only.length === 0 || only.includes(name))
      .map(([, question]) => question);
  }

  /** What goes on now, for who waits in front of the terminal. */
  progress(text: string): void {
    const seconds = Math.floor(performance.now() / 1000);
    process.stderr.write(`${this.name} ${seconds} s: ${text}\n`);
  }

  /** Everything once a run, so that ours and the peers share the machine's good and bad moments. */
  async eachRun(measure: (run: number) => Promise<void>): Promise<void> {
    for (let run = 0; run < this.options.runs; run++) {
      this.progress(`run ${run + 1} of ${this.options.runs}`);
      await measure(run);
    }
  }

  report(): string {
    if (this.options.json) return JSON.stringify(this.document(), null, 2);
    const { runs, quick } = this.options;
    return [
      `${this.name}: ${runs} runs${quick ? ", quick" : ""}; ${machine()}`,
      ...this.notes.map((note) => `note: ${note}`),
      "",
      table(this.figures),
      "",
      ...this.goals.map((goal) => sentence(this.name, goal)),
    ].join("\n");
  }

  get exitCode(): number {
    const verdicts = this.goals.map(holds);
    if (verdicts.includes(false)) return 1;
    return verdicts.includes(null) ? INCOMPLETE : 0;
  }

  private document() {
    const { runs, quick } = this.options;
    return {
      bench: this.name,
      machine: machine(),
      runs,
      quick,
      notes: this.notes,
      figures: this.figures.map((figure) => ({
        name: figure.name,
        unit: figure.unit,
        parties: figure.parties.map((party) => ({
          party,
          ...figure.summary(party),
          values: figure.of(party),
          ratio: figure.ratio(party),
        })),
      })),
      goals: this.goals.map((goal) => ({ ...goal, holds: holds(goal) })),
    };
  }
}

const machine = () =>
  `${os.type()}, ${os.cpus().length} cores, Node ${process.versions.node}`;

/** Runs a benchmark as the program's main duty: report on stdout, progress on stderr, verdict as exit code. */
export function runBench(
  name: string,
  measure: (bench: Bench) => Promise<void>,
): void {
  const main = async () => {
    const options = parseOptions(process.argv.slice(2));
    const sandbox = await Sandbox.create();
    try {
      const bench = new Bench(name, options, sandbox);
      await measure(bench);
      process.stdout.write(`${bench.report()}\n`);
      process.exitCode = bench.exitCode;
    } finally {
      await sandbox.stop();
    }
  };
  main().catch((error: unknown) => {
    process.stderr.write(
      `${name}: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(1); // clients of a server that is gone would try for ever
  });
}

import type { Goal } from "./goal";
import { summarize, type Summary } from "./statistics";

/** Who is measured: always called so in every figure, the others are peers. */
export const OURS = "ours";

/** One question, answered once a run by each party. */
export class Figure {
  private readonly values = new Map<string, number[]>();

  constructor(
    readonly name: string,
    readonly unit: string,
  ) {}

  add(party: string, value: number): void {
    const values = this.values.get(party);
    if (values) values.push(value);
    else this.values.set(party, [value]);
  }

  get parties(): string[] {
    return [...this.values.keys()];
  }

  of(party: string): readonly number[] {
    return this.values.get(party) ?? [];
  }

  summary(party: string): Summary | null {
    const values = this.of(party);
    return values.length > 0 ? summarize(values) : null;
  }

  /** Ours divided by the peer's, run by run: what disturbs one run disturbs both its parts. */
  ratios(peer: string): number[] {
    return ratiosOf(this.of(OURS), this.of(peer));
  }

  ratio(peer: string): Summary | null {
    const ratios = this.ratios(peer);
    return ratios.length > 0 ? summarize(ratios) : null;
  }

  /** What another party's ratio to a peer is, for the words of a goal; nothing if it was not measured. */
  besides(party: string, peer: string): string {
    const ratios = ratiosOf(this.of(party), this.of(peer));
    if (ratios.length === 0) return "";
    return `; ${party.split(":")[0]} ${summarize(ratios).median.toFixed(2)}`;
  }

  /** The ratio to a peer, as a goal takes it. */
  judged(peer: string): Pick<Goal, "value" | "spread" | "why"> {
    const spread = this.ratio(peer);
    if (spread) return { value: spread.median, spread };
    return { value: null, why: `no ${peer} here` };
  }
}

/** One quotient for each run in which both were measured. */
export function ratiosOf(
  above: readonly number[],
  below: readonly number[],
): number[] {
  return above
    .slice(0, below.length)
    .map((value, run) => value / below[run]!)
    .filter(Number.isFinite);
}

import type { RollRules } from "./types";

/** Members beyond the lock's own places that connect, and wait for it, ahead of their turn. */
const AHEAD = 2;

/** The places that the lock has, as far as this roll uses them: a model of it, so that the queue never stands behind one who can't go. */
export class Places {
  private readonly groups = new Map<string, number>();

  constructor(
    private readonly rules: Pick<RollRules, "maxHolders" | "maxPerGroup">,
    /** Each is a group of its own: then whoever is next can take any place. */
    private readonly apart: boolean,
  ) {}

  fits(group: string): boolean {
    const { maxHolders, maxPerGroup } = this.rules;
    const beside = this.groups.get(group) ?? 0;
    if (beside > 0) return beside < (maxPerGroup ?? Infinity);
    return this.groups.size < maxHolders + (this.apart ? AHEAD : 0);
  }

  take(group: string): void {
    this.groups.set(group, (this.groups.get(group) ?? 0) + 1);
  }

  give(group: string): void {
    const left = (this.groups.get(group) ?? 1) - 1;
    if (left > 0) this.groups.set(group, left);
    else this.groups.delete(group);
  }
}

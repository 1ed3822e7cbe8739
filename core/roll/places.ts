import type { RollRules } from "./types";

/** Places as the lock has them: so many groups, so many members of each. */
export class Places {
  private readonly groups = new Map<string, number>();

  constructor(
    private readonly rules: Pick<RollRules, "maxHolders" | "maxPerGroup">,
    /** Groups beyond those that the lock has places for. */
    private readonly ahead = 0,
    taken: readonly string[] = [],
  ) {
    for (const group of taken) this.take(group);
  }

  fits(group: string): boolean {
    const { maxHolders, maxPerGroup } = this.rules;
    const beside = this.groups.get(group) ?? 0;
    if (beside > 0) return beside < (maxPerGroup ?? Infinity);
    return this.groups.size < maxHolders + this.ahead;
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

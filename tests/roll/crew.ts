import type { Ending, Member, RollRules, Work } from "../../core/roll";

export const DONE: Ending = { kind: "done", passed: true };

export const rulesOf = (over: Partial<RollRules> = {}): RollRules => ({
  ...{ maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
  oneGroupAtATime: false,
  ...over,
});

/** `web1`, or `web1/rack` where it is in a group. */
export const membersOf = (
  names: string,
  stage: Member["stage"] = "rest",
): Member[] =>
  names.split(" ").map((name) => {
    const [key = "", group = key] = name.split("/");
    return { key, group, stage };
  });

/** Members' work, as a test has it begin and end. */
export class Crew {
  /** Keys, in the order they began. */
  readonly begun: string[] = [];
  private readonly ends = new Map<string, (ending: Ending) => void>();

  readonly work: Work = ({ key }, signal) =>
    new Promise((resolve) => {
      this.begun.push(key);
      const end = (ending: Ending) => {
        this.ends.delete(key);
        resolve(ending);
      };
      this.ends.set(key, end);
      // the lock tells those who only wait apart; here it is a test that does
      signal.addEventListener("abort", () => {
        if (this.onlyWaiting.has(key)) end({ kind: "stopped" });
      });
    });

  readonly onlyWaiting = new Set<string>();

  /** Whoever is at work. */
  get active(): string[] {
    return [...this.ends.keys()];
  }

  /** Ends one, and lets whatever follows from it happen. */
  async end(key: string, ending: Ending = DONE): Promise<void> {
    this.ends.get(key)!(ending);
    await settled();
  }
}

/** All that is to happen without anybody else's doing has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

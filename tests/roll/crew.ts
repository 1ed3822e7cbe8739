import type { Control, Ending, Member, RollRules, Work } from "../../core/roll";

export const DONE: Ending = { kind: "done", passed: true };
export const IDLE: Ending = { kind: "done", passed: false, idle: true };

export const rulesOf = (over: Partial<RollRules> = {}): RollRules => ({
  ...{ maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
  oneGroupAtATime: false,
  ...over,
});

/** `web1`, or `web1/rack` where it is in a group. */
export const membersOf = (
  names: string,
  kind: Member["stage"] | "canary" = "rest",
): Member[] =>
  names.split(" ").map((name) => {
    const [key = "", group = key] = name.split("/");
    return kind === "canary"
      ? { key, group, stage: "rest", canary: true }
      : { key, group, stage: kind };
  });

/** Members' work, as a test has it connect and end. */
export class Crew {
  /** Whoever has begun, and not ended. */
  readonly begun: string[] = [];
  /** Whoever has its turn, and not ended: it asks for the lock, or has it. */
  readonly active: string[] = [];
  private readonly ends = new Map<string, (ending: Ending) => void>();
  private readonly connects = new Map<string, () => void>();
  private readonly controls = new Map<string, Control>();

  /** Those of `unconnected` connect when the test says so, the others at once. */
  constructor(private readonly unconnected: string[] = []) {}

  /** Whoever had to stand for the others, in the order they began. */
  readonly canaries: string[] = [];

  readonly work: Work = async ({ key, canary }, control) => {
    this.begun.push(key);
    if (canary) this.canaries.push(key);
    this.controls.set(key, control);
    const ended = new Promise<Ending>((end) => this.ends.set(key, end));
    const turn = this.connected(key).then(async () => {
      await control.turn();
      if (control.signal.aborted) this.ends.get(key)!({ kind: "stopped" });
      else this.active.push(key);
    });
    const ending = await ended;
    if (ending.kind === "stopped") await turn;
    for (const list of [this.begun, this.active])
      if (list.includes(key)) list.splice(list.indexOf(key), 1);
    return ending;
  };

  private connected(key: string): Promise<void> {
    if (!this.unconnected.includes(key)) return Promise.resolve();
    return new Promise((connect) => this.connects.set(key, connect));
  }

  async connect(key: string): Promise<void> {
    this.connects.get(key)!();
    await settled();
  }

  /** Its first try to connect failed. */
  async tryAgain(key: string): Promise<void> {
    this.controls.get(key)!.slow();
    await settled();
  }

  /** It has done all but giving its lock back. */
  async leave(key: string): Promise<void> {
    this.controls.get(key)!.leaving();
    await settled();
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

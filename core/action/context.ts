import { randomUUID } from "node:crypto";
import { clean } from "../text/clean";
import { createRedactor, type Redactor } from "../text/redact";
import type { Baseline } from "../lock/types";
import type { Identity } from "../process/types";
import type { Output } from "../ssh/types";
import { Stopped } from "./failure";
import { Link } from "./link";
import type { Seen } from "./look";
import type {
  ActionDeps,
  ActionSpec,
  Check,
  LockFacts,
  Phase,
  Progress,
  Step,
} from "./types";

/** What has come to pass so far: from it a failure knows what is owed and whether the lock stays. */
export interface Journal {
  phase: Phase;
  /** Undrain is owed. */
  drained: boolean;
  /** So is another resource's, which this one has no command for. */
  drainedElsewhere: boolean;
  /** Something was, or may have been, done on the host: the lock must stay if this fails. */
  keep: boolean;
  /** This run began something on the host. */
  touched: boolean;
  /** An act was begun, by this run or an earlier one: the host may be broken. */
  begun: boolean;
  /** The run whose act `phase` tells of: the beginning of its id. */
  act?: string;
  baseline?: Baseline;
  verifiedBy?: Check[];
  exitCode?: number;
  output?: Output;
  /** The last look before the act. */
  look?: Seen;
  before?: Identity[];
  after?: Identity[];
  lock?: LockFacts;
}

/** One run of an action. */
export interface Context {
  readonly spec: ActionSpec;
  readonly deps: ActionDeps;
  readonly runId: string;
  readonly redact: Redactor;
  readonly startedAt: Date;
  readonly link: Link;
  readonly journal: Journal;
  readonly warnings: string[];
  /** Tells the user where it stands. */
  say(step: Step, text: string, more?: Omit<Progress, "step" | "text">): void;
}

const BEGUN = new Set<Phase | undefined>(["attempted", "acted", "verified"]);

export function openContext(spec: ActionSpec, deps: ActionDeps): Context {
  const takeOut = createRedactor(spec.secrets);
  // foreign text is in whatever is told: it is cleaned where it leaves, after secrets were taken out
  const redact = (text: string) => clean(takeOut(text));
  const say: Context["say"] = (step, text, more) =>
    deps.report({ step, text: redact(text), ...more });
  const same = spec.debt?.runKey === spec.runKey ? spec.debt : null;
  return {
    spec,
    deps,
    runId: randomUUID(),
    redact,
    startedAt: deps.clock.date(),
    link: new Link(spec.connection, deps),
    journal: {
      phase: same?.phase ?? (spec.mode === "record" ? "record" : "owed"),
      drained: spec.debt?.drained ?? false,
      drainedElsewhere: false,
      keep: false,
      touched: false,
      begun: BEGUN.has(spec.debt?.phase),
      ...(same?.baseline ? { baseline: same.baseline } : {}),
      ...(same?.verifiedBy ? { verifiedBy: same.verifiedBy } : {}),
      ...(same?.act ? { act: same.act } : {}),
    },
    warnings: [],
    say,
  };
}

/** To be called before anything new is begun. @throws Stopped */
export function goOn(context: Context, step: Step): void {
  const { signal } = context.deps;
  if (signal.aborted) throw new Stopped(step, signal.reason);
}

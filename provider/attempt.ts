import { hashOfUrn } from "./run-key";
import type {
  ActionFailure,
  ActionOutcome,
  ActionSpec,
  ActionSuccess,
  Debt,
  Progress,
  Step,
} from "../core/action/types";
import type { HolderFacts } from "../core/lock/types";
import { duration } from "../core/text/duration";
import { tail } from "../core/text/lines";
import { whoWeAre } from "../core/text/who";
import { ciJob } from "./ci";
import { keptState, lockToUse, standing, standingAfter } from "./kept";
import { marksOf } from "./marks";
import type { Plan } from "./plan";
import type { Run, Runtime } from "./runtime";
import { describeAct, secretsOf } from "./secrets";
import { identityOf, SCHEMA_VERSION, type Failure, type State } from "./state";

/** What a failed run keeps of each output: a failure travels in a header, see partial.ts. */
const FAILED_OUTPUT = 2000;

/** The state after a run, and why it failed, if it did. */
export interface Attempt {
  state: State;
  reasons: string[] | null;
  outcome: ActionOutcome;
}

/** Who looks on while an action runs, and may stop it. */
export interface Onlooker {
  /** Aborted: stop waiting, begin nothing new. */
  signal: AbortSignal;
  report(progress: Progress): void;
  /** Awaited before the lock is asked for. */
  turn?: () => Promise<void>;
  /** Called when the lock's release is on its way. */
  leaving?: () => void;
  /** What the holder says of itself beside the rest. */
  facts?: Pick<HolderFacts, "roll" | "canary">;
}

/** Runs the action once, with what is known of earlier runs. */
export async function attempt(
  runtime: Runtime,
  run: Run,
  plan: Plan,
  before: State | null,
  { signal, report, turn, leaving, facts }: Onlooker,
): Promise<Attempt> {
  const { hosts, sessions, runAction, systemClock: clock } = runtime.heavy();
  const used = lockToUse(plan, before);
  const { status, halt } = runtime;
  const started = clock.now();
  const outcome = await runAction(specOf(plan, before, used, facts), {
    ...{ hosts, sessions, clock, signal, halt },
    ...(turn ? { turn } : {}),
    ...(leaving ? { leaving } : {}),
    report: (progress) => {
      run.acting ||= BEGUN.has(progress.step);
      report(progress);
    },
  });
  for (const warning of outcome.warnings)
    status.warn(plan.urn, `${plan.target}: ${warning}`);
  if (outcome.ok) {
    const state = success(plan, before, used, outcome);
    return { state, reasons: null, outcome };
  }
  const took = `it took ${duration(clock.now() - started)}`;
  const [first = "failed", ...story] = outcome.reasons;
  const state = failure(plan, before, used, outcome);
  return { state, reasons: [first, ...story, took], outcome };
}

/** Steps at which something was begun on the host. */
const BEGUN = new Set<Step>(["drain", "act", "verify", "health", "undrain"]);

type Used = ReturnType<typeof lockToUse>;

export function specOf(
  plan: Plan,
  before: State | null,
  { lock, owner }: Used,
  facts: Onlooker["facts"] = {},
): ActionSpec {
  const { act, process, connection, runKey, show } = plan;
  const skipped = skippedAt(before);
  const { onlyIf, gate, drain, undrain, health } = plan;
  const ci = ciJob(globalThis.process.env);
  return {
    mode: modeOf(plan, before),
    ...{ owner, connection, act, process, lock, runKey, show },
    ...(onlyIf ? { onlyIf } : {}),
    ...(gate ? { gate } : {}),
    ...(drain ? { drain } : {}),
    ...(undrain ? { undrain } : {}),
    ...(health ? { health } : {}),
    debt: debtOf(before),
    ...(skipped === undefined ? {} : { skippedAt: skipped }),
    kept: standing(before)?.where ?? null,
    facts: {
      ...(plan.urn ? { urn: plan.urn } : {}),
      from: whoWeAre(),
      ...(ci ? { ci } : {}),
      action: describeAct(act),
      ...facts,
    },
    secrets: [
      ...secretsOf(plan),
      ...(before?.keptAuth ?? []).map(({ credentials }) => credentials),
    ],
  };
}

/** Only recording: when it is new, and until that has once been done. */
export function modeOf(plan: Plan, before: State | null): "act" | "record" {
  if (plan.onCreate !== "record") return "act";
  if (!before) return "record";
  const { failure } = before;
  const still = failure?.phase === "record" && failure.runKey === plan.runKey;
  return still ? "record" : "act";
}

function debtOf(before: State | null): Debt | null {
  if (!before?.failure) return null;
  const { phase, step, runKey, baseline, drained, verifiedBy, act } =
    before.failure;
  return {
    ...{ phase, step, runKey, drained },
    ...(baseline ? { baseline } : {}),
    ...(verifiedBy ? { verifiedBy } : {}),
    ...(act === undefined ? {} : { act }),
  };
}

/** When a run without the lock has last acted, as far as the state knows. */
function skippedAt(state: State | null): string | undefined {
  if (state?.outcome === "skippedLock") return state.finishedAt;
  return state?.failure?.skippedAt;
}

function success(
  plan: Plan,
  before: State | null,
  used: Used,
  outcome: ActionSuccess,
): State {
  const { verified, verifiedBy, kept, inDoubt } = outcome;
  const why = inDoubt ? "doubt" : "failed";
  const own = common(plan, outcome);
  return {
    ...own,
    outcome: outcome.outcome,
    ...(outcome.stdout === undefined ? {} : { stdout: outcome.stdout }),
    ...(outcome.stderr === undefined ? {} : { stderr: outcome.stderr }),
    verified,
    ...(verifiedBy.length ? { verifiedBy } : {}),
    ...keptState(standingAfter(kept, used, before), why, own),
  };
}

function failure(
  plan: Plan,
  before: State | null,
  used: Used,
  outcome: ActionFailure,
): State {
  const { debt, kept, step, reasons } = outcome;
  const { show } = plan;
  const earlier = before?.failure;
  const skipped =
    used.lock.skip && outcome.touched ? outcome.finishedAt : skippedAt(before);
  const owed: Failure = {
    since: earlier?.since ?? outcome.finishedAt,
    count: (earlier?.count ?? 0) + 1,
    ...{ step, phase: debt.phase },
    reason: tail(reasons[0] ?? "", 300),
    runKey: debt.runKey,
    ...(debt.baseline ? { baseline: debt.baseline } : {}),
    drained: debt.drained,
    ...(debt.verifiedBy ? { verifiedBy: debt.verifiedBy } : {}),
    ...(debt.act === undefined ? {} : { act: debt.act }),
    ...(skipped === undefined ? {} : { skippedAt: skipped }),
  };
  const { stdout, stderr } = outcome;
  const own = common(plan, outcome);
  return {
    ...own,
    ...(show.stdout && stdout ? { stdout: tail(stdout, FAILED_OUTPUT) } : {}),
    ...(show.stderr && stderr ? { stderr: tail(stderr, FAILED_OUTPUT) } : {}),
    verified: false,
    failure: owed,
    ...keptState(standingAfter(kept, used, before), "failed", own),
  };
}

function common(plan: Plan, outcome: ActionOutcome) {
  const { exitCode, before, after, warnings } = outcome;
  return {
    schemaVersion: SCHEMA_VERSION,
    ...(plan.urn ? { urnHash: hashOfUrn(plan.urn) } : {}),
    target: plan.target,
    lock: { ...identityOf(plan.lock), ...outcome.lock },
    runKey: plan.runKey,
    marks: marksOf(plan),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(before ? { processBefore: before } : {}),
    ...(after ? { processAfter: after } : {}),
    startedAt: outcome.startedAt,
    finishedAt: outcome.finishedAt,
    ...(warnings.length ? { warnings } : {}),
  };
}

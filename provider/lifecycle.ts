import { lockedAction } from "../core/text/command";
import { randomBytes } from "node:crypto";
import type { Progress } from "../core/action/types";
import { attempt, type Attempt } from "./attempt";
import { parseInputs, type Properties } from "./check";
import { difference } from "./diff";
import {
  clearKept,
  keptState,
  releaseKeptLock,
  standing,
  type Standing,
} from "./kept";
import { marksOf } from "./marks";
import { PartialFailure } from "./partial";
import { planOf, type Plan } from "./plan";
import { quiet } from "./quiet";
import type { Run, Runtime } from "./runtime";
import { identityOf, readState, toState, type State } from "./state";
import { checkNothingKept } from "./unread";

/** One operation, and the process that it is done in. */
export interface Operation {
  runtime: Runtime;
  run: Run;
}

export async function create(
  { runtime, run }: Operation,
  news: Properties,
): Promise<{ id: string; outs: Properties }> {
  const plan = planOf(parseInputs(news), runtime.settings.settings);
  const id = randomBytes(8).toString("hex");
  const tried = await runOnce(runtime, run, plan, null);
  return { id, outs: finish(id, tried, news) };
}

/** @throws PartialFailure with the debt */
export async function update(
  { runtime, run }: Operation,
  id: string,
  olds: Properties,
  news: Properties,
): Promise<{ outs: Properties }> {
  const inputs = parseInputs(news);
  const { settings } = runtime.settings;
  const plan = planOf(inputs, settings);
  const state = readState(olds);
  // Nothing is known of it, so nothing can be said to be done.
  if (!state)
    return { outs: finish(id, await runOnce(runtime, run, plan, null), news) };
  const moved = state.target !== plan.target;
  const runs = difference(state, inputs, settings).run.length > 0;
  const before = resumes(state, moved, runs)
    ? state
    : await withoutKeptLock(runtime, plan, id, state, news);
  if (!runs) return { outs: toState(noted(plan, before)) };
  // Another machine: what was owed on the old one is owed no more.
  const known = moved ? { ...before, failure: undefined } : before;
  return { outs: finish(id, await runOnce(runtime, run, plan, known), news) };
}

/** One attempt, seen in the line beside the resource. */
async function runOnce(
  runtime: Runtime,
  run: Run,
  plan: Plan,
  before: State | null,
): Promise<Attempt> {
  const { status } = runtime;
  const signal = run.stop;
  const report = ({ step, text }: Progress) =>
    status.step(plan.urn, step, text);
  try {
    const tried = await attempt(runtime, run, plan, before, { signal, report });
    const [first] = tried.reasons ?? [];
    if (first && !signal.aborted) runtime.failed(first);
    return tried;
  } finally {
    status.end(plan.urn);
  }
}

/** @throws if a kept lock can't be given back */
export async function remove(
  runtime: Runtime,
  olds: Properties,
): Promise<void> {
  const state = readState(olds);
  if (!state) return checkNothingKept(olds);
  const kept = standing(state);
  if (!kept) return;
  try {
    await releaseKeptLock(runtime, kept, "the resource was deleted");
  } catch (error) {
    throw quiet(
      new Error(
        `${state.target}: ${cannotRelease(kept, error)}; then delete it again`,
      ),
    );
  }
}

/** An owed action goes on under its kept lock; every other kept lock is given back first. */
function resumes(state: State, moved: boolean, runs: boolean): boolean {
  return runs && !moved && state.failure !== undefined;
}

async function withoutKeptLock(
  runtime: Runtime,
  plan: Plan,
  id: string,
  state: State,
  news: Properties,
): Promise<State> {
  const kept = standing(state);
  // skip never touches ZooKeeper; a lock that was kept earlier stays in the outputs
  if (!kept || plan.lock.skip) return state;
  try {
    await releaseKeptLock(runtime, kept, "the resource has no use for it");
    return {
      ...state,
      kept: undefined,
      keptAuth: undefined,
      warnings: undefined,
    };
  } catch (error) {
    const reason = `${state.target}: release: ${cannotRelease(kept, error)}`;
    throw new PartialFailure(id, state, [reason], news.__provider);
  }
}

export function cannotRelease(kept: Standing, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return `the lock ${kept.where.lock} could not be released: ${why}; look with: ${lockedAction(kept.lock, "show", kept.lock.name)}; give it up with: ${clearKept(kept)}`;
}

/** Another lock, process or health check, and nothing owed: they count from the next run on. */
function noted(plan: Plan, state: State): State {
  const { path, holder, fencingToken, waited, held } = state.lock;
  const facts = { path, holder, fencingToken, waited, held };
  const lock = { ...facts, ...identityOf(plan.lock) };
  const own = { ...state, lock, marks: marksOf(plan) };
  const why = state.kept?.why ?? "failed";
  return { ...own, ...keptState(standing(state), why, own) };
}

function finish(
  id: string,
  { state, reasons }: Pick<Attempt, "state" | "reasons">,
  news: Properties,
): Properties {
  if (reasons) throw new PartialFailure(id, state, reasons, news.__provider);
  return toState(state);
}

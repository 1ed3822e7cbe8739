import { hashOfUrn } from "./run-key";
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
import { adopting, leftBehind, leftByDeleted } from "./left-behind";
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
  const { run: due } = difference(state, inputs, settings);
  const found = await leftBehind(runtime, plan, state, due.length > 0);
  const runs = due.length > 0 || (found.length > 0 && !moved);
  const kept = resumes(state, moved, runs)
    ? state
    : await withoutKeptLock(runtime, plan, id, state, news, moved ? found : []);
  const before = moved ? kept : adopting(kept, found);
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
    // who only did not get the lock says nothing of the action, and its owner may be among the others
    const got = tried.outcome.ok || tried.outcome.step !== "lock";
    if (first && got && !signal.aborted) runtime.failed(first);
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
  for (const kept of await leftByDeleted(runtime, state))
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
  found: Standing[],
): Promise<State> {
  const known = standing(state);
  // skip never touches ZooKeeper; a lock that was kept earlier stays in the outputs
  if (plan.lock.skip) return state;
  for (const kept of known ? [known, ...found] : found)
    try {
      await releaseKeptLock(runtime, kept, "the resource has no use for it");
    } catch (error) {
      const reason = `${state.target}: release: ${cannotRelease(kept, error)}`;
      throw new PartialFailure(id, state, [reason], news.__provider);
    }
  if (!known) return state;
  return {
    ...state,
    kept: undefined,
    keptAuth: undefined,
    warnings: undefined,
  };
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
  const urnHash = plan.urn ? hashOfUrn(plan.urn) : state.urnHash;
  const own = { ...state, urnHash, lock, marks: marksOf(plan) };
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

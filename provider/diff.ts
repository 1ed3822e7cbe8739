import { MARKED, marksOf, type Marks } from "./marks";
import { actOf, lockOf, processOf, targetOf, type Plan } from "./plan";
import { runKey } from "./run-key";
import type { LockedActionInputs } from "./schema/inputs";
import type { Settings } from "./settings";
import { identityOf, sameIdentity, type State } from "./state";
import { hasUnknown, isUnknown } from "./unknown";

/** What differs between what was done and what is wanted: only what has a meaning. */
export interface Difference {
  /** Why the action runs; empty: it does not. */
  run: string[];
  /** What changes in the state alone. */
  note: string[];
}

/** Inputs may still have unknown parts: these may have changed. */
export function difference(
  state: State,
  inputs: LockedActionInputs,
  settings: Settings,
): Difference {
  return {
    run: reasonsToRun(state, inputs),
    note: [
      ...reasonsToNote(state, inputs, settings),
      ...left(state, inputs, settings),
    ],
  };
}

function reasonsToRun(state: State, inputs: LockedActionInputs): string[] {
  const reasons: string[] = [];
  const { failure } = state;
  if (failure)
    reasons.push(
      `owed since ${failure.since}: ${failure.step} failed ${times(failure.count)}`,
    );
  if (mayBe(inputs.always, true)) reasons.push("always");
  const target = targetNow(inputs);
  if (target === null) reasons.push("the target is not known yet");
  else if (target !== state.target)
    reasons.push(`the target is ${target}, was ${state.target}`);
  if (hasUnknown(inputs.triggers) || hasUnknown(inputs.action))
    reasons.push("triggers or action are not known yet");
  else if (runKey(inputs.triggers ?? [], actOf(inputs.action)) !== state.runKey)
    reasons.push("triggers or action changed");
  return reasons;
}

function reasonsToNote(
  state: State,
  inputs: LockedActionInputs,
  settings: Settings,
): string[] {
  const changed: string[] = [];
  if (lockChanged(state, inputs, settings)) changed.push("lock changed");
  for (const key of MARKED)
    if (hasUnknown(inputs[key]) || mark(inputs, key) !== state.marks[key])
      changed.push(`${key} changed`);
  return changed;
}

/** The target of these inputs, `null` while it is not known. */
export function targetNow(inputs: LockedActionInputs): string | null {
  const { target, connection } = inputs;
  if (target) return isUnknown(target) ? null : target;
  if (isUnknown(connection) || isUnknown(connection.host)) return null;
  if (isUnknown(connection.port)) return null;
  return targetOf(inputs);
}

function lockChanged(
  state: State,
  inputs: LockedActionInputs,
  settings: Settings,
): boolean {
  const target = targetNow(inputs);
  if (hasUnknown(inputs.lock) || target === null) return true;
  const now = identityOf(lockOf(inputs.lock, target, settings));
  return !sameIdentity(now, state.lock);
}

function mark(
  inputs: LockedActionInputs,
  key: keyof Marks,
): string | undefined {
  const process = processOf(inputs.process);
  // only what has no default counts in a mark
  return marksOf({ ...inputs, process } as unknown as Plan)[key];
}

/** A lock that nobody has a use for. While locks are skipped none is touched. */
function left(
  { kept, failure, lock }: State,
  inputs: LockedActionInputs,
  settings: Settings,
): string[] {
  if (!kept || failure) return [];
  const path = kept.path ?? lock.path ?? lock.name;
  if (kept.why === "doubt")
    return [`it is in doubt whether the lock ${path} was released`];
  const skip = inputs.lock.skip ?? settings.skipCoordination ?? false;
  return skip === true ? [] : [`the lock ${path} still stands`];
}

function mayBe(value: unknown, wanted: unknown): boolean {
  return value === wanted || isUnknown(value);
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

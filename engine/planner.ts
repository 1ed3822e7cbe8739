import type { Diff } from "./dynamic-provider";
import type { Goal } from "./goal";
import type { ResourceState } from "./state";
import { equal, reveal, type Properties } from "./values";

export type Step =
  | { op: "create"; next: ResourceState }
  /** A creation that `target` leaves out: the program goes on without it. */
  | { op: "skip"; next: ResourceState }
  | { op: "same"; old: ResourceState; next: ResourceState }
  | {
      op: "update";
      old: ResourceState;
      next: ResourceState;
      changed: string[];
    }
  | {
      op: "replace";
      old: ResourceState;
      next: ResourceState;
      changed: string[];
      replaces: string[];
      /** `deleted`: an earlier operation deleted it and came no further. */
      order: "createFirst" | "deleteFirst" | "deleted";
    };

/** What is to be done to an existing resource; `diff` is its provider's opinion. */
export function decide(
  goal: Goal,
  old: ResourceState,
  next: ResourceState,
  diff: Diff,
): Step {
  const changed = changedInputs(old.inputs, next.inputs);
  const differs =
    diff.changes === "some" ||
    (diff.changes === "unknown" && !equal(old.inputs, next.inputs));
  const triggered = !equal(
    old.replacementTrigger ?? null,
    goal.replacementTrigger ?? null,
  );
  const replaces = differs ? [...diff.replaces] : [];
  if (triggered) replaces.push("replacementTrigger");
  if (old.pendingReplacement)
    return { op: "replace", old, next, changed, replaces, order: "deleted" };
  if (replaces.length > 0) {
    const deleteFirst = goal.deleteBeforeReplace ?? diff.deleteBeforeReplace;
    const order = deleteFirst ? "deleteFirst" : "createFirst";
    return { op: "replace", old, next, changed, replaces, order };
  }
  // What did not wholly succeed is updated until it does.
  if (differs || old.initErrors?.length)
    return { op: "update", old, next, changed };
  return { op: "same", old, next: { ...next, outputs: old.outputs } };
}

/** What is to be done to a component: it has no provider to ask. */
export function decideComponent(old: ResourceState, next: ResourceState): Step {
  const kept = { ...next, outputs: old.outputs };
  const changed = changedInputs(old.inputs, next.inputs);
  return changed.length > 0
    ? { op: "update", old, next: kept, changed }
    : { op: "same", old, next: kept };
}

/** The names of the inputs that differ; the text of its provider is of no interest to a reader. */
export function changedInputs(old: Properties, news: Properties): string[] {
  const names = new Set([...Object.keys(old), ...Object.keys(news)]);
  names.delete("__provider");
  return [...names].filter(
    (name) => !equal(reveal(old[name] ?? null), reveal(news[name] ?? null)),
  );
}

/** The inputs with those named taken from the old ones. */
export function ignoring(
  names: readonly string[],
  inputs: Properties,
  old: Properties,
): Properties {
  const kept = { ...inputs };
  for (const name of names) {
    const before = old[name];
    if (before === undefined) delete kept[name];
    else kept[name] = before;
  }
  return kept;
}

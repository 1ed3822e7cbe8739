import type { Properties } from "./check";
import { difference } from "./diff";
import { explainChange } from "./explain";
import { create, remove, update } from "./lifecycle";
import { methodsOf } from "./methods";
import type { Runtime } from "./runtime";
import type { LockedActionInputs } from "./schema/inputs";
import { readState } from "./state";

export function createLockedAction(runtime: Runtime) {
  return methodsOf(runtime, {
    ...{ changes, create, update, remove },
  });
}

function changes(
  runtime: Runtime,
  olds: Properties,
  news: Properties,
): boolean {
  const state = readState(olds);
  if (!state) return true;
  const inputs = news as unknown as LockedActionInputs; // `check` has passed them
  const found = difference(state, inputs, runtime.settings.settings);
  explainChange(runtime, state, inputs, found);
  return found.run.length > 0 || found.note.length > 0;
}

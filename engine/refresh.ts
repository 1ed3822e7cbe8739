import type { Context } from "./context";
import { Killed } from "./halt";
import { PartialFailure } from "./provider-errors";
import type { ResourceState } from "./state";
import { equal, markAll, type Properties } from "./values";

/** Asks the provider of each resource what there is, and records it. */
export async function refreshAll(context: Context): Promise<void> {
  const resources = context.snapshot.left.filter(
    ({ custom, urn, pendingReplacement }) =>
      custom && !pendingReplacement && context.isTarget(urn),
  );
  await Promise.allSettled(
    resources.map((each) => context.slots.use(() => refreshOne(context, each))),
  );
}

async function refreshOne(context: Context, old: ResourceState): Promise<void> {
  context.halt.check();
  context.begun("refresh", old.urn);
  try {
    context.ended("refresh", old.urn, await read(context, old));
  } catch (error) {
    context.failed("refresh", old.urn, error);
    if (error instanceof Killed) throw error;
  }
}

async function read(context: Context, old: ResourceState) {
  const provider = await context.provider();
  try {
    const now = await context.halt.unlessKilled(provider.read(old));
    if (!now) {
      context.snapshot.remove(old);
      return "delete";
    }
    return take(context, old, now);
  } catch (error) {
    if (error instanceof PartialFailure)
      take(context, old, {
        id: error.id,
        outputs: error.properties,
        initErrors: error.reasons,
      });
    throw error;
  }
}

interface Found {
  id: string;
  outputs: Properties;
  inputs?: Properties | undefined;
  initErrors?: string[];
}

// What went wrong earlier is forgotten when a read finds nothing wrong.
function take(context: Context, old: ResourceState, found: Found) {
  const kept = { ...old };
  delete kept.initErrors;
  const secrets = { ...old.inputs, ...old.outputs };
  const next: ResourceState = {
    ...kept,
    id: found.id,
    outputs: markAll(found.outputs, secrets, old.additionalSecretOutputs),
    ...(found.inputs ? { inputs: markAll(found.inputs, old.inputs) } : {}),
    ...(found.initErrors ? { initErrors: found.initErrors } : {}),
  };
  const same =
    equal(next.outputs, old.outputs) && equal(next.inputs, old.inputs);
  context.snapshot.amend(
    old,
    same ? next : { ...next, modified: new Date().toISOString() },
  );
  return same ? "same" : "update";
}

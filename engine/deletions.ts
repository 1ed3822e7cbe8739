import type { Context } from "./context";
import { attempt, remove } from "./execution";
import { Halted } from "./halt";
import type { ResourceState } from "./state";

/** Deletes resources side by side, each when all those that depend on it are gone. */
export async function deleteAll(
  context: Context,
  doomed: ResourceState[],
): Promise<void> {
  const gone = new Map<ResourceState, Promise<void>>();
  const dependents = dependentsOf(doomed);
  const remove = (each: ResourceState): Promise<void> => {
    const known = gone.get(each);
    if (known) return known;
    const waits = (dependents.get(each.urn) ?? []).filter((d) => d !== each);
    const done = Promise.all(waits.map(remove)).then(() =>
      context.slots.use(() => deleteOne(context, each)),
    );
    gone.set(each, done);
    return done;
  };
  const results = await Promise.allSettled(doomed.map(remove));
  for (const result of results)
    // A failure has been told, and halted the others.
    if (result.status === "rejected" && !context.halt.halted)
      throw result.reason;
}

function dependentsOf(doomed: ResourceState[]): Map<string, ResourceState[]> {
  const dependents = new Map<string, ResourceState[]>();
  for (const each of doomed)
    for (const urn of references(each)) {
      const list = dependents.get(urn);
      if (list) list.push(each);
      else dependents.set(urn, [each]);
    }
  return dependents;
}

/** All that a resource needs to be there. */
export function references(resource: ResourceState): Set<string> {
  const { parent, dependencies, propertyDependencies } = resource;
  return new Set([
    ...(parent ? [parent] : []),
    ...dependencies,
    ...Object.values(propertyDependencies).flat(),
  ]);
}

async function deleteOne(context: Context, old: ResourceState): Promise<void> {
  context.halt.check();
  const op = old.delete ? "deleteReplaced" : "delete";
  context.begun(op, old.urn);
  try {
    if (old.protect && !old.delete) throw new Error(protectedMessage(old.urn));
    const facts = { oldInputs: old.inputs, oldOutputs: old.outputs };
    if (!old.delete) await context.hooks.run("beforeDelete", old, facts);
    if (!context.preview) await act(context, old);
    if (!old.delete) await context.hooks.run("afterDelete", old, facts);
    context.ended(op, old.urn);
  } catch (error) {
    context.failed(op, old.urn, error);
    throw new Halted(`${old.urn} was not deleted`, { cause: error });
  }
}

async function act(context: Context, old: ResourceState): Promise<void> {
  const drop = () => context.snapshot.remove(old);
  // Nothing to call: not a provider's, to be kept, or deleted by an earlier operation.
  if (!old.custom || old.retainOnDelete || old.pendingReplacement)
    return drop();
  await attempt(context, "deleting", old, async () => {
    await remove(context, old);
    return drop;
  });
}

const protectedMessage = (urn: string) =>
  `cannot delete '${urn}': it is protected; take \`protect\` from it in the program and run \`up\` first`;

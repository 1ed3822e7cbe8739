import type { Context } from "./context";
import { deleteAll, references } from "./deletions";
import type { ResourceState } from "./state";

/** Deletes all resources, or the targets and what is part of them. */
export async function destroy(context: Context): Promise<void> {
  const all = context.snapshot.left;
  const doomed = context.targeted ? withChildren(context, all) : all;
  const urns = new Set(doomed.map(({ urn }) => urn));
  for (const { urn, resourceHooks: hooks } of doomed)
    if (hooks?.beforeDelete ?? hooks?.afterDelete)
      throw new Error(
        `cannot delete '${urn}': it has hooks of its program, which a destroy does not run; take it out of the program and run \`up\``,
      );
  for (const each of all) {
    if (urns.has(each.urn)) continue;
    const needed = [...references(each)].find((urn) => urns.has(urn));
    if (needed !== undefined)
      throw new Error(
        `Cannot delete '${needed}' without also deleting '${each.urn}', which depends on it and is not in the --target list.`,
      );
  }
  await deleteAll(context, doomed);
}

// Resources are kept in the order of their making: a parent comes before its children.
function withChildren(context: Context, all: ResourceState[]) {
  const urns = new Set<string>();
  return all.filter(({ urn, parent }) => {
    const chosen =
      context.isTarget(urn) || (parent !== undefined && urns.has(parent));
    if (chosen) urns.add(urn);
    return chosen;
  });
}

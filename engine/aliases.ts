import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { createUrn, nameOf, typeOf } from "./urn";

/** What a resource was before: a URN, or what of it was different. */
export type Alias =
  | { urn: string }
  | {
      name?: string;
      type?: string;
      stack?: string;
      project?: string;
      /** Its URN. Absent: the parent it has now, unless `noParent`. */
      parent?: string;
      noParent?: boolean;
    };

interface Named {
  type: string;
  name: string;
  parent?: string;
}

export function aliasesOf(request: RegisterResourceRequest): Alias[] {
  const urns = request.getAliasurnsList().map((urn) => ({ urn }));
  const others = request.getAliasesList().map((alias): Alias => {
    const spec = alias.getSpec();
    if (!spec) return { urn: alias.getUrn() };
    const given = {
      name: spec.getName(),
      type: spec.getType(),
      stack: spec.getStack(),
      project: spec.getProject(),
      parent: spec.getParenturn(),
    };
    const said = Object.entries(given).filter(([, value]) => value !== "");
    return { ...Object.fromEntries(said), noParent: spec.getNoparent() };
  });
  return [...urns, ...others];
}

/**
 * The URNs a resource may stand under in the state: by its own aliases, and, if its
 * parent was found under another URN, each also below that one.
 */
export function formerUrns(
  resource: Named & { aliases: Alias[] },
  here: { stack: string; project: string },
  formerParent: string | undefined,
): string[] {
  const own = resource.aliases.map((alias) => urnOf(alias, resource, here));
  if (!resource.parent || !formerParent) return [...new Set(own)];
  const parentName = nameOf(resource.parent);
  const below = ({ type, name }: { type: string; name: string }) => {
    // `NAME-part` is what children of NAME are called by custom
    const follows = name.startsWith(parentName);
    const former = follows
      ? nameOf(formerParent) + name.slice(parentName.length)
      : name;
    return createUrn(here.stack, here.project, formerParent, type, former);
  };
  const inherited = [
    resource,
    ...own.map((urn) => ({ type: typeOf(urn), name: nameOf(urn) })),
  ].map(below);
  return [...new Set([...own, ...inherited])];
}

function urnOf(
  alias: Alias,
  resource: Named,
  here: { stack: string; project: string },
): string {
  if ("urn" in alias) return alias.urn;
  const { noParent = false, parent = resource.parent } = alias;
  const { stack = here.stack, project = here.project } = alias;
  const { type = resource.type, name = resource.name } = alias;
  return createUrn(stack, project, noParent ? undefined : parent, type, name);
}

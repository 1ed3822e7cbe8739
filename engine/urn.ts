/** The type of the component every stack has as its root. */
export const STACK_TYPE = "pulumi:pulumi:Stack";

/** The name of a resource in a stack: `urn:pulumi:STACK::PROJECT::PARENTTYPE$TYPE::NAME`. */
export function createUrn(
  stack: string,
  project: string,
  parent: string | undefined,
  type: string,
  name: string,
): string {
  const above = parent ? qualifiedType(parent) : STACK_TYPE;
  const qualified = above === STACK_TYPE ? type : `${above}$${type}`;
  return `urn:pulumi:${stack}::${project}::${qualified}::${name}`;
}

/** The types of the ancestors, outermost first, and its own, joined by `$`. */
export const qualifiedType = (urn: string): string => urn.split("::")[2] ?? "";

export const typeOf = (urn: string): string =>
  qualifiedType(urn).split("$").at(-1) ?? "";

export const nameOf = (urn: string): string =>
  urn.split("::").slice(3).join("::");

export const isStack = (urn: string): boolean =>
  qualifiedType(urn) === STACK_TYPE;

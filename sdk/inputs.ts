import * as pulumi from "@pulumi/pulumi";

/** What this package tells its own provider, beside the user's inputs. */
export interface OwnInputs {
  /** Its own, because an input named `urn` would be dropped. */
  __urn: string | Promise<string>;
  __pid: number;
}

/**
 * A child's URN as a promise, not as an output: as one, siblings in a component would wait for
 * each other for ever. The pid lets the provider see that this program has ended.
 */
export function ownInputs(
  type: string,
  name: string,
  parent: pulumi.Resource | undefined,
): OwnInputs {
  return { __urn: urnOf(type, name, parent), __pid: process.pid };
}

/** What `createUrn` says; of one without a parent it is known at once, and saves as many outputs as a resource has. */
function urnOf(
  type: string,
  name: string,
  parent: pulumi.Resource | undefined,
): string | Promise<string> {
  if (!parent)
    return `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${type}::${name}`;
  return new Promise((resolve) => {
    pulumi.createUrn(name, type, parent).apply(resolve);
  });
}

type Secretness = Record<string, (value: unknown) => unknown>;

/**
 * An object of inputs with some of its fields made secret. Each field becomes an output of
 * its own, so that one secret does not hide all the others.
 */
export function withSecrets(
  input: unknown,
  fields: readonly string[],
  secrets: Secretness,
): unknown {
  if (input === undefined) return undefined;
  const field = (object: unknown, name: string): unknown =>
    (object as Record<string, unknown> | undefined | null)?.[name];
  if (isPlain(input)) {
    // whatever else is there stays: the provider says what it does not know
    const object: Record<string, unknown> = { ...input };
    for (const [name, hide] of Object.entries(secrets))
      if (object[name] !== undefined) object[name] = hide(object[name]);
    return object;
  }
  const output = pulumi.output(input);
  return Object.fromEntries(
    fields.map((name) => {
      const value = output.apply((object) => field(object, name));
      return [name, secrets[name] ? secrets[name](value) : value];
    }),
  );
}

/** Secret, whatever it was. */
export function secret(value: unknown): unknown {
  return pulumi.secret(value);
}

/** An object as it stands in a program, whose values may still be outputs. */
export function isPlain(input: unknown): input is Record<string, unknown> {
  return (
    typeof input === "object" &&
    input !== null &&
    !pulumi.Output.isInstance(input) &&
    !(input instanceof Promise)
  );
}

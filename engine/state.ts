import { z } from "zod";
import type { Crypter } from "./crypter";
import { mapSecrets, secret, type Properties, type Value } from "./values";

const value: z.ZodType<Value> = z.json();
const properties = z.record(z.string(), value);

const resource = z.object({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean(),
  id: z.string().optional(),
  inputs: properties,
  outputs: properties,
  parent: z.string().optional(),
  dependencies: z.array(z.string()),
  propertyDependencies: z.record(z.string(), z.array(z.string())),
  protect: z.boolean().optional(),
  retainOnDelete: z.boolean().optional(),
  additionalSecretOutputs: z.array(z.string()).optional(),
  replacementTrigger: value.optional(),
  /** Names of the program's functions to be called around its steps. */
  resourceHooks: z.record(z.string(), z.array(z.string())).optional(),
  /** Why its last create or update did not wholly succeed; the next `up` updates it. */
  initErrors: z.array(z.string()).optional(),
  /** Replaced, and still to be deleted. */
  delete: z.boolean().optional(),
  /** Deleted so that it can be replaced; the replacement is not there yet. */
  pendingReplacement: z.boolean().optional(),
  created: z.string().optional(),
  modified: z.string().optional(),
});

const pendingOperation = z.object({
  type: z.enum(["creating", "updating", "deleting"]),
  resource,
});

/** The form of the state file, and of `pulumi stack export`. */
const stateFile = z.object({
  version: z.literal(3),
  deployment: z.object({
    manifest: z.object({ time: z.string() }),
    secrets_providers: z.object({
      type: z.literal("passphrase"),
      state: z.object({ salt: z.string() }),
    }),
    resources: z.array(resource),
    pending_operations: z.array(pendingOperation).optional(),
  }),
});

/** A resource as it was last recorded. Never changed: a new record takes its place. */
export type ResourceState = z.infer<typeof resource>;
export type PendingOperation = z.infer<typeof pendingOperation>;
export type State = z.infer<typeof stateFile>;

/** What an operation works on: resources and operations with their secrets in the clear. */
export interface Recorded {
  resources: ResourceState[];
  pending: PendingOperation[];
}

export function parseState(text: string, path: string): State {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON`, { cause: error });
  }
  const parsed = stateFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(
    `${path} is not the state of a stack: ${issue?.path.join(".")}: ${issue?.message}`,
  );
}

const eachSecret = (
  from: ResourceState,
  replace: (properties: Properties) => Properties,
): ResourceState => ({
  ...from,
  inputs: replace(from.inputs),
  outputs: replace(from.outputs),
});

const seal = (crypter: Crypter) => (from: Properties) =>
  mapSecrets(from, (found) => {
    const { value: plain, ...signature } = found;
    return { ...signature, ciphertext: crypter.encrypt(JSON.stringify(plain)) };
  }) as Properties;

const unseal = (crypter: Crypter) => (from: Properties) =>
  mapSecrets(from, ({ ciphertext }) => {
    if (typeof ciphertext !== "string")
      throw new Error("the state has a secret without ciphertext");
    return secret(value.parse(JSON.parse(crypter.decrypt(ciphertext))));
  }) as Properties;

export const encrypted = (from: ResourceState, crypter: Crypter) =>
  eachSecret(from, seal(crypter));

export const decrypted = (from: ResourceState, crypter: Crypter) =>
  eachSecret(from, unseal(crypter));

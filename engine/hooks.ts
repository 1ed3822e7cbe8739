import type { Callback } from "@pulumi/pulumi/proto/callback_pb";
import {
  ErrorHookRequest,
  ErrorHookResponse,
  ResourceHookRequest,
  ResourceHookResponse,
  type RegisterErrorHookRequest,
  type RegisterResourceHookRequest,
  type RegisterResourceRequest,
} from "@pulumi/pulumi/proto/resource_pb";
import { Callbacks } from "./callbacks";
import type { ResourceState } from "./state";
import { nameOf, typeOf } from "./urn";
import { toStruct, type Properties } from "./values";

export type HookKind =
  | "beforeCreate"
  | "afterCreate"
  | "beforeUpdate"
  | "afterUpdate"
  | "beforeDelete"
  | "afterDelete";

/** Names of hooks, in the order they run. */
export type HookBindings = Partial<Record<HookKind | "onError", string[]>>;

/** What a hook gets to see of its resource; secrets stay marked. */
export interface HookFacts {
  oldInputs?: Properties;
  newInputs?: Properties;
  oldOutputs?: Properties;
  newOutputs?: Properties;
}

/** What failed, and how; the last error comes first. */
export interface FailedStep {
  operation: "create" | "update" | "delete";
  errors: readonly string[];
}

interface Hook {
  callback: Callback;
  onDryRun: boolean;
  ignoreErrors: boolean;
}

/** The functions of the program that are to be called around its resources' steps. */
export class Hooks {
  private readonly known = new Map<string, Hook>();
  private readonly ofErrors = new Map<string, Callback>();
  private readonly callbacks = new Callbacks();

  constructor(
    private readonly preview: boolean,
    private readonly warn: (message: string, urn: string) => void,
  ) {}

  register(request: RegisterResourceHookRequest): void {
    const name = request.getName();
    const callback = request.getCallback();
    if (!callback) throw new Error(`the hook ${name} has no callback`);
    if (this.known.has(name))
      throw new Error(`resource hook already registered for name "${name}"`);
    this.known.set(name, {
      callback,
      onDryRun: request.getOnDryRun(),
      ignoreErrors: request.getIgnoreErrors(),
    });
  }

  registerError(request: RegisterErrorHookRequest): void {
    const name = request.getName();
    const callback = request.getCallback();
    if (!callback) throw new Error(`the error hook ${name} has no callback`);
    if (this.ofErrors.has(name))
      throw new Error(`error hook already registered for name "${name}"`);
    this.ofErrors.set(name, callback);
  }

  /** A hook that fails keeps its step from being done, or, after it, is a failure of its own: unless its errors are to be ignored. */
  async run(
    kind: HookKind,
    resource: ResourceState,
    facts: HookFacts,
  ): Promise<void> {
    for (const name of resource.resourceHooks?.[kind] ?? []) {
      const hook = this.known.get(name);
      if (!hook) throw new Error(`resource hook not registered for ${name}`);
      if (this.preview && !hook.onDryRun) continue;
      const error = await this.failureOf(hook, resource, facts);
      if (!error) continue;
      const said = `${kind} hook "${name}" failed: ${error}`;
      if (!hook.ignoreErrors) throw new Error(said);
      this.warn(said, resource.urn);
    }
  }

  /** Whether what failed is to be tried again. A hook that fails itself is told of, and asks for nothing. */
  async wantRetry(
    resource: ResourceState,
    facts: HookFacts,
    failed: FailedStep,
  ): Promise<boolean> {
    for (const name of resource.resourceHooks?.onError ?? []) {
      const callback = this.ofErrors.get(name);
      if (!callback) continue; // nobody runs the program to destroy
      const request = fill(new ErrorHookRequest(), resource, facts);
      request.setFailedOperation(failed.operation);
      request.setErrorsList([...failed.errors]);
      const response = await this.callbacks
        .invoke(callback, request.serializeBinary())
        .then((bytes) => ErrorHookResponse.deserializeBinary(bytes));
      const error = response.getError();
      if (error)
        this.warn(`onError hook "${name}" failed: ${error}`, resource.urn);
      else if (response.getRetry()) return true;
    }
    return false;
  }

  close(): void {
    this.callbacks.close();
  }

  /** What the hook threw; empty if all is well. */
  private async failureOf(
    { callback }: Hook,
    resource: ResourceState,
    facts: HookFacts,
  ): Promise<string> {
    const request = fill(new ResourceHookRequest(), resource, facts);
    if (facts.newOutputs) request.setNewOutputs(toStruct(facts.newOutputs));
    try {
      const asked = request.serializeBinary();
      const bytes = await this.callbacks.invoke(callback, asked);
      return ResourceHookResponse.deserializeBinary(bytes).getError();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

export function hooksOf(request: RegisterResourceRequest): HookBindings {
  const asked = request.getHooks();
  if (!asked) return {};
  const lists: Required<HookBindings> = {
    beforeCreate: asked.getBeforeCreateList(),
    afterCreate: asked.getAfterCreateList(),
    beforeUpdate: asked.getBeforeUpdateList(),
    afterUpdate: asked.getAfterUpdateList(),
    beforeDelete: asked.getBeforeDeleteList(),
    afterDelete: asked.getAfterDeleteList(),
    onError: asked.getOnErrorList(),
  };
  return Object.fromEntries(
    Object.entries(lists).filter(([, names]) => names.length > 0),
  );
}

function fill<T extends ResourceHookRequest | ErrorHookRequest>(
  request: T,
  { urn, id }: ResourceState,
  { oldInputs, newInputs, oldOutputs }: HookFacts,
): T {
  request.setUrn(urn);
  request.setId(id ?? "");
  request.setName(nameOf(urn));
  request.setType(typeOf(urn));
  if (oldInputs) request.setOldInputs(toStruct(oldInputs));
  if (newInputs) request.setNewInputs(toStruct(newInputs));
  if (oldOutputs) request.setOldOutputs(toStruct(oldOutputs));
  return request;
}

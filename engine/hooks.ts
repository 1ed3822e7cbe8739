import { credentials } from "@grpc/grpc-js";
import { CallbacksClient } from "@pulumi/pulumi/proto/callback_grpc_pb";
import { CallbackInvokeRequest } from "@pulumi/pulumi/proto/callback_pb";
import {
  ResourceHookRequest,
  ResourceHookResponse,
  type RegisterResourceHookRequest,
  type RegisterResourceRequest,
} from "@pulumi/pulumi/proto/resource_pb";
import { CHANNEL } from "./channel";
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
export type HookBindings = Partial<Record<HookKind, string[]>>;

/** What a hook gets to see of its resource; secrets stay marked. */
export interface HookFacts {
  oldInputs?: Properties;
  newInputs?: Properties;
  oldOutputs?: Properties;
  newOutputs?: Properties;
}

interface Hook {
  client: CallbacksClient;
  token: string;
  onDryRun: boolean;
}

/** The functions of the program that are to be called around its resources' steps. */
export class Hooks {
  private readonly known = new Map<string, Hook>();
  private readonly clients = new Map<string, CallbacksClient>();

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
      client: this.client(callback.getTarget()),
      token: callback.getToken(),
      onDryRun: request.getOnDryRun(),
    });
  }

  /** A hook before a step that fails keeps it from being done; after it, that is a warning. */
  async run(
    kind: HookKind,
    resource: ResourceState,
    facts: HookFacts,
  ): Promise<void> {
    for (const name of resource.resourceHooks?.[kind] ?? []) {
      const hook = this.known.get(name);
      if (!hook) throw new Error(`resource hook not registered for ${name}`);
      if (this.preview && !hook.onDryRun) continue;
      const error = await invoke(hook, requestFor(resource, facts));
      if (!error) continue;
      const said = `${kind} hook "${name}" failed: ${error}`;
      if (kind.startsWith("before")) throw new Error(said);
      this.warn(said, resource.urn);
    }
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
  }

  private client(target: string): CallbacksClient {
    let client = this.clients.get(target);
    if (!client) {
      client = new CallbacksClient(
        target,
        credentials.createInsecure(),
        CHANNEL,
      );
      this.clients.set(target, client);
    }
    return client;
  }
}

export function hooksOf(request: RegisterResourceRequest): HookBindings {
  const asked = request.getHooks();
  if (!asked) return {};
  const lists: Record<HookKind, string[]> = {
    beforeCreate: asked.getBeforeCreateList(),
    afterCreate: asked.getAfterCreateList(),
    beforeUpdate: asked.getBeforeUpdateList(),
    afterUpdate: asked.getAfterUpdateList(),
    beforeDelete: asked.getBeforeDeleteList(),
    afterDelete: asked.getAfterDeleteList(),
  };
  return Object.fromEntries(
    Object.entries(lists).filter(([, names]) => names.length > 0),
  );
}

function requestFor(
  { urn, id }: ResourceState,
  { oldInputs, newInputs, oldOutputs, newOutputs }: HookFacts,
): ResourceHookRequest {
  const request = new ResourceHookRequest();
  request.setUrn(urn);
  request.setId(id ?? "");
  request.setName(nameOf(urn));
  request.setType(typeOf(urn));
  if (oldInputs) request.setOldInputs(toStruct(oldInputs));
  if (newInputs) request.setNewInputs(toStruct(newInputs));
  if (oldOutputs) request.setOldOutputs(toStruct(oldOutputs));
  if (newOutputs) request.setNewOutputs(toStruct(newOutputs));
  return request;
}

/** @returns what the hook threw; empty if all is well */
function invoke(hook: Hook, asked: ResourceHookRequest): Promise<string> {
  const request = new CallbackInvokeRequest();
  request.setToken(hook.token);
  request.setRequest(asked.serializeBinary());
  return new Promise((resolve) =>
    hook.client.invoke(request, (error, response) => {
      if (error) return resolve(error.details || error.message);
      const bytes = response.getResponse_asU8();
      resolve(ResourceHookResponse.deserializeBinary(bytes).getError());
    }),
  );
}

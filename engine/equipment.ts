import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { availableParallelism } from "node:os";
import path from "node:path";
import { Context } from "./context";
import { DynamicProvider } from "./dynamic-provider";
import { engineService } from "./engine-service";
import { childEnvironment, withNamespaces, type Config } from "./environment";
import type { Emit } from "./events";
import type { Halt } from "./halt";
import { Hooks } from "./hooks";
import { readProject, type Project } from "./project";
import { startProviderProcess } from "./provider-process";
import { startServer } from "./server";
import { Slots } from "./slots";
import { Snapshot } from "./snapshot";
import { lockStack } from "./stack-lock";
import type { OperationOptions, StackOptions } from "./types";

type Closer = () => void | Promise<void>;

/** All that an operation works with; `close` gives it back. */
export interface Equipment {
  context: Context;
  project: Project;
  /** Of the processes it starts. */
  env: NodeJS.ProcessEnv;
  parallel: number;
  /** Address of the service that takes what is to be told. */
  engine: string;
  emit: Emit;
  halt: Halt;
  /** Called when the operation ends, the last one first. */
  onClose(closer: Closer): void;
}

export interface Purpose {
  stack: StackOptions;
  options: OperationOptions;
  preview: boolean;
  /** A provider will be needed: it need not wait for its first use. */
  eager: boolean;
  halt: Halt;
  emit: Emit;
}

/** Opens what an operation works with, hands it to `body`, and closes it whatever happens. */
export async function withEquipment<T>(
  purpose: Purpose,
  body: (equipment: Equipment) => Promise<T>,
): Promise<T> {
  const closers: Closer[] = [];
  try {
    return await body(await open(purpose, (closer) => closers.push(closer)));
  } finally {
    await closeAll(closers.reverse());
  }
}

async function closeAll(closers: Closer[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers)
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  if (errors.length > 0) throw errors[0];
}

async function open(
  purpose: Purpose,
  onClose: (closer: Closer) => void,
): Promise<Equipment> {
  const { stack, options, preview, halt, emit } = purpose;
  const project = readProject(stack.projectDir);
  const name = { project: stack.project ?? project.name, stack: stack.stack };
  const config = withNamespaces(stack.config ?? {}, name.project);
  const env = childEnvironment(project, name, config, stack.env ?? {});
  const passphrase = passphraseOf(stack);
  const parallel = options.parallel ?? availableParallelism() * 4;
  const stateFile = path.resolve(stack.stateFile);
  if (!preview) onClose(await lockStack(stateFile));
  const server = await startServer(EngineService, engineService(emit));
  onClose(() => server.stop());
  const provider = onDemand(async () => {
    const { child, address } = await startProviderProcess(
      project,
      server.address,
      env,
      emit,
    );
    return configured(new DynamicProvider(child, address), config);
  });
  halt.onHalt(() => {
    if (halt.canceled) void provider.started()?.then((p) => p?.cancel());
  });
  halt.onKill(() => void provider.started()?.then((p) => p?.end()));
  onClose(async () => {
    const running = await provider.started();
    await running?.cancel();
    await running?.end();
  });
  // It starts while a key is made of the passphrase; who needs it is told if it failed.
  if (purpose.eager) provider.get().catch(() => {});
  const snapshot = await Snapshot.open(stateFile, passphrase, preview);
  onClose(() => snapshot.close());
  const hooks = new Hooks(preview, (message, urn) =>
    emit({
      type: "diagnostic",
      ...{ severity: "warning", message, urn, ephemeral: false },
    }),
  );
  onClose(() => hooks.close());
  const context = new Context({
    hooks,
    ...{ preview, snapshot, halt, emit, stack: name },
    targets: options.target && new Set(options.target),
    slots: new Slots(parallel, halt),
    provider: provider.get,
  });
  const engine = server.address;
  return { context, project, env, parallel, engine, emit, halt, onClose };
}

async function configured(provider: DynamicProvider, config: Config) {
  try {
    await provider.configure(config);
    return provider;
  } catch (error) {
    await provider.end();
    throw error;
  }
}

/** Starts something at its first use; `started` never fails, and is undefined where nothing runs. */
function onDemand<T>(start: () => Promise<T>) {
  let running: Promise<T> | undefined;
  return {
    get: () => (running ??= start()),
    started: () => running?.catch(() => undefined),
  };
}

export function passphraseOf({ passphrase, env }: StackOptions): string {
  const found =
    passphrase ??
    env?.PULUMI_CONFIG_PASSPHRASE ??
    process.env.PULUMI_CONFIG_PASSPHRASE;
  if (found === undefined)
    throw new Error(
      "set PULUMI_CONFIG_PASSPHRASE, what secrets in the state are encrypted with (it may be empty)",
    );
  return found;
}

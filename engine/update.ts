import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import { setTimeout as pause } from "node:timers/promises";
import type { Child } from "./child";
import { messageOf, type Context } from "./context";
import { deleteAll } from "./deletions";
import { Deployment } from "./deployment";
import type { Equipment } from "./equipment";
import { monitorService, type Registrations } from "./monitor";
import { complaint, startProgram } from "./program";
import { startServer } from "./server";
import type { ResourceState } from "./state";
import { isStack } from "./urn";

/** What a program that has been told to end is given to do so. */
const PROGRAM_GRACE = 500;
/** What it is given when only its registrations are refused. */
const REFUSED_GRACE = 10_000;

/** Runs the program, and does what it takes to make the stack what the program says. */
export async function update(
  equipment: Equipment,
): Promise<ResourceState | undefined> {
  const { context, halt, engine, emit, project, env, parallel } = equipment;
  warnOfUnresolved(context);
  const deployment = new Deployment(context);
  const registrations = new ProgramRegistrations(context, deployment);
  const monitor = await startServer(
    ResourceMonitorService,
    monitorService(registrations),
  );
  equipment.onClose(() => monitor.stop());
  halt.check();
  const program = startProgram({
    ...{ project, env, parallel, engine, emit },
    stack: context.stack,
    monitor: monitor.address,
    preview: context.preview,
  });
  equipment.onClose(async () => void (await program.end(PROGRAM_GRACE)));
  await ended(equipment, program, registrations);
  return [...deployment.registered.values()].find(({ urn }) => isStack(urn));
}

async function ended(
  { context, halt }: Equipment,
  program: Child,
  registrations: ProgramRegistrations,
): Promise<void> {
  const gone = new AbortController();
  halt.onHalt(() => {
    if (halt.canceled) void program.end(PROGRAM_GRACE);
    else
      void registrations
        .idle()
        .then(() => pause(REFUSED_GRACE, undefined, { signal: gone.signal }))
        .then(() => program.end(PROGRAM_GRACE))
        .catch(() => {}); // it ended by itself
  });
  const exit = await program.exit;
  gone.abort();
  await registrations.idle();
  // Whatever it says after its registrations were refused follows from that.
  if (halt.halted) return;
  const wrong = complaint(exit, registrations.finished);
  if (wrong === undefined) return;
  context.tell("error", wrong);
  halt.fail(wrong);
}

/** What goes on between the program and the deployment. */
class ProgramRegistrations implements Registrations {
  finished = false;
  private readonly running = new Set<Promise<unknown>>();

  constructor(
    private readonly context: Context,
    private readonly deployment: Deployment,
  ) {}

  readonly register: Registrations["register"] = (goal) =>
    this.track(this.deployment.register(goal));

  readonly registerOutputs: Registrations["registerOutputs"] = (urn, outputs) =>
    this.deployment.registerOutputs(urn, outputs);

  readonly registerHook: Registrations["registerHook"] = (request) =>
    this.context.hooks.register(request);

  readonly registerErrorHook: Registrations["registerErrorHook"] = (request) =>
    this.context.hooks.registerError(request);

  readonly finish = () => this.track(this.removeRest());

  refuse(error: unknown, name: string): void {
    const message = `${name}: ${messageOf(error)}`;
    this.context.tell("error", message);
    this.context.halt.fail(message);
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }

  private async removeRest(): Promise<void> {
    this.context.halt.check();
    await deleteAll(this.context, this.deployment.rest());
    this.context.halt.check();
    this.finished = true;
  }

  private track<T>(work: Promise<T>): Promise<T> {
    this.running.add(work);
    const forget = () => void this.running.delete(work);
    work.then(forget, forget);
    return work;
  }
}

function warnOfUnresolved(context: Context): void {
  const { unresolved } = context.snapshot;
  if (unresolved.length === 0) return;
  const lines = unresolved.map(
    ({ resource }) => `  * ${resource.urn}, interrupted while creating`,
  );
  context.tell(
    "warning",
    [
      `${unresolved.length} pending operations of an earlier deployment were never seen to end:`,
      ...lines,
      "Whether these resources exist is not known. Look, then clear this with a refresh that clears pending creations.",
    ].join("\n"),
  );
}

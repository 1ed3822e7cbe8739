import type { Context } from "./context";
import { Killed } from "./halt";
import type { Step } from "./planner";
import { PartialFailure } from "./provider-errors";
import { withRetries } from "./retries";
import type { ResourceState } from "./state";
import { markAll, type Properties } from "./values";

/** Does what was planned for one resource, and records it. What fails is told, and halts all. */
export async function execute(
  context: Context,
  step: Step,
): Promise<ResourceState> {
  const { op, next } = step;
  if (op === "skip") return next;
  if (op === "same") {
    if (!context.preview) context.snapshot.record(next, step.old);
    context.begun(op, next.urn);
    context.ended(op, next.urn);
    return next;
  }
  if (!next.custom) return component(context, step);
  return context.slots.use(() => perform(context, step));
}

async function component(context: Context, step: Step): Promise<ResourceState> {
  const { op, next } = step;
  context.begun(op, next.urn);
  const old = "old" in step ? step.old : undefined;
  if (!context.preview) context.snapshot.record(next, old);
  context.ended(op, next.urn);
  return next;
}

type Acting = Extract<Step, { op: "create" | "update" | "replace" }>;

async function perform(context: Context, step: Acting): Promise<ResourceState> {
  context.halt.check();
  const { op, next } = step;
  context.begun(op, next.urn, {
    ...("changed" in step ? { changed: step.changed } : {}),
    ...("replaces" in step ? { replaces: step.replaces } : {}),
  });
  try {
    const done = await withHooks(context, step);
    context.ended(op, next.urn);
    return done;
  } catch (error) {
    context.failed(op, next.urn, error);
    throw error;
  }
}

async function withHooks(
  context: Context,
  step: Acting,
): Promise<ResourceState> {
  const { next } = step;
  const act = () => (context.preview ? foreseen(step) : actOn(context, step));
  const old = step.op === "update" ? step.old : undefined;
  const what = old ? "Update" : "Create";
  const facts = old ? changeOf(old, next) : { newInputs: next.inputs };
  await context.hooks.run(`before${what}`, next, facts);
  const done = await act();
  const newOutputs = done.outputs;
  await context.hooks.run(`after${what}`, done, { ...facts, newOutputs });
  return done;
}

const changeOf = (old: ResourceState, next: ResourceState) => ({
  newInputs: next.inputs,
  oldInputs: old.inputs,
  oldOutputs: old.outputs,
});

// In a preview a dynamic provider is not asked: what it adds is not known.
function foreseen(step: Acting): ResourceState {
  const { next } = step;
  const id = step.op === "update" ? step.old.id : undefined;
  return { ...next, ...(id ? { id } : {}), outputs: next.inputs };
}

async function actOn(context: Context, step: Acting): Promise<ResourceState> {
  switch (step.op) {
    case "create":
      return create(context, step.next);
    case "update":
      return update(context, step.old, step.next);
    case "replace":
      if (step.order === "createFirst")
        return create(context, step.next, { toDelete: step.old });
      return create(context, step.next, {
        instead: await deleted(context, step),
      });
  }
}

async function create(
  context: Context,
  next: ResourceState,
  {
    toDelete,
    instead,
  }: { toDelete?: ResourceState; instead?: ResourceState } = {},
): Promise<ResourceState> {
  const record = (id: string, outputs: Properties, initErrors?: string[]) => {
    const now = new Date().toISOString();
    const done = complete(
      { ...next, id, created: now, modified: now },
      outputs,
      initErrors,
    );
    context.snapshot.record(done, instead);
    if (toDelete)
      context.snapshot.amend(toDelete, {
        ...toDelete,
        urn: next.urn,
        delete: true,
      });
    return done;
  };
  return attempt(
    context,
    "creating",
    next,
    async () => {
      const provider = await context.provider();
      const facts = { newInputs: next.inputs };
      const { id, outputs } = await withRetries(
        ...([context, "create", next, facts] as const),
        () => provider.create(next.urn, next.inputs),
      );
      return () => record(id, outputs);
    },
    ({ id, properties, reasons }) => void record(id, properties, reasons),
  );
}

async function update(
  context: Context,
  old: ResourceState,
  goal: ResourceState,
): Promise<ResourceState> {
  const next = { ...goal, ...(old.id ? { id: old.id } : {}) };
  const record = (outputs: Properties, initErrors?: string[]) => {
    const modified = new Date().toISOString();
    const done = complete({ ...next, modified }, outputs, initErrors);
    // As the real engine does: so the next diff sees again what is still to be done.
    const kept = initErrors ? { ...done, inputs: old.inputs } : done;
    context.snapshot.record(kept, old);
    return done;
  };
  return attempt(
    context,
    "updating",
    next,
    async () => {
      const provider = await context.provider();
      const outputs = await withRetries(
        ...([context, "update", next, changeOf(old, next)] as const),
        () => provider.update(old, next.urn, next.inputs),
      );
      return () => record(outputs);
    },
    ({ properties, reasons }) => void record(properties, reasons),
  );
}

/** The first half of a replacement that deletes first; what it leaves is to be taken the place of. */
async function deleted(
  context: Context,
  { old, order }: Extract<Step, { op: "replace" }>,
): Promise<ResourceState> {
  if (order === "deleted") return old;
  const waiting = { ...old, pendingReplacement: true };
  await attempt(context, "deleting", old, async () => {
    if (!old.retainOnDelete) await remove(context, old);
    return () => context.snapshot.amend(old, waiting);
  });
  return waiting;
}

/** By its provider. */
export async function remove(
  context: Context,
  old: ResourceState,
): Promise<void> {
  const provider = await context.provider();
  const facts = { oldInputs: old.inputs, oldOutputs: old.outputs };
  await withRetries(context, "delete", old, facts, () => provider.delete(old));
}

/**
 * One call of a provider: put down before, recorded after. `call` answers with
 * what records its success. An abandoned call stays put down.
 */
export async function attempt<T>(
  context: Context,
  type: "creating" | "updating" | "deleting",
  resource: ResourceState,
  call: () => Promise<() => T>,
  partial?: (failure: PartialFailure) => void,
): Promise<T> {
  const end = await context.snapshot.begin(type, resource);
  let abandoned = false;
  try {
    const record = await context.halt.unlessKilled(call());
    return record();
  } catch (error) {
    abandoned = error instanceof Killed;
    if (error instanceof PartialFailure) partial?.(error);
    throw error;
  } finally {
    if (!abandoned) end();
  }
}

function complete(
  next: ResourceState,
  outputs: Properties,
  initErrors: string[] | undefined,
): ResourceState {
  return {
    ...next,
    outputs: markAll(outputs, next.inputs, next.additionalSecretOutputs),
    ...(initErrors ? { initErrors } : {}),
  };
}

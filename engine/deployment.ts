import { formerUrns } from "./aliases";
import type { Context } from "./context";
import type { Diff } from "./dynamic-provider";
import { execute } from "./execution";
import type { Goal } from "./goal";
import { Killed } from "./halt";
import { decide, decideComponent, ignoring, type Step } from "./planner";
import type { ResourceState } from "./state";
import { createUrn, isStack } from "./urn";
import { hide, markAll, type Properties } from "./values";

/** A goal that cannot be. */
class Rejected extends Error {}

/** Takes the program's registrations: plans them one at a time, carries them out side by side. */
export class Deployment {
  /** By URN: what the program registered, as it is now. */
  readonly registered = new Map<string, ResourceState>();
  private readonly olds: Map<string, ResourceState>;
  /** Of the olds. */
  private readonly unclaimed: Set<ResourceState>;
  private readonly claimed = new Set<string>();
  /** Those that were found by an alias: their URNs by that one, and the other way round. */
  private readonly renamed = new Map<string, string>();
  private readonly formerly = new Map<string, string>();
  private readonly skipped = new Set<string>();
  private planning: Promise<unknown> = Promise.resolve();

  constructor(private readonly context: Context) {
    this.olds = new Map(
      context.snapshot.left
        .filter((old) => !old.delete)
        .map((old) => [old.urn, old]),
    );
    this.unclaimed = new Set(this.olds.values());
  }

  /** What fails, or what can't be, is told and halts all; then this throws. */
  async register(goal: Goal): Promise<ResourceState> {
    const plan = this.planning.then(() => this.planned(goal));
    this.planning = plan.catch(() => {}); // told to the one who asked
    const done = await execute(this.context, await plan);
    this.registered.set(done.urn, done);
    return done;
  }

  /** What a component says it has made. */
  registerOutputs(urn: string, outputs: Properties): void {
    const { context } = this;
    const known = this.registered.get(urn);
    if (!known) return; // refused, or its step failed
    // The outputs of what is not a target stay as they are, the stack's too.
    if (this.skipped.has(urn) || !context.isTarget(urn)) return;
    const next = { ...known, outputs };
    this.registered.set(urn, next);
    if (!context.preview) context.snapshot.record(next, known);
  }

  /** What the program did not register, and what replacements left: to be deleted. */
  rest(): ResourceState[] {
    const { snapshot } = this.context;
    return snapshot.left.filter(
      (old) =>
        (old.delete || this.unclaimed.has(old)) &&
        this.context.isTarget(old.urn),
    );
  }

  private async planned(goal: Goal): Promise<Step> {
    const { context } = this;
    context.halt.check();
    const { project, stack } = context.stack;
    const urn = createUrn(stack, project, goal.parent, goal.type, goal.name);
    try {
      return await context.halt.unlessKilled(this.plan(urn, goal));
    } catch (error) {
      if (!(error instanceof Killed)) context.refused(urn, error);
      throw error;
    }
  }

  private async plan(urn: string, goal: Goal): Promise<Step> {
    const { context } = this;
    if (this.claimed.has(urn))
      throw new Rejected(
        `Duplicate resource URN '${urn}': each resource needs a name of its own`,
      );
    const heir = this.renamed.get(urn);
    if (heir !== undefined)
      throw new Rejected(
        `Duplicate resource URN '${urn}': '${heir}' has it as an alias`,
      );
    this.claimed.add(urn);
    const old = this.find(urn, goal);
    const goalState = this.stateFor(urn, goal, old);
    if (!context.isTarget(urn) && !isStack(urn))
      return this.untargeted(goalState, old);
    this.checkDependencies(goalState);
    if (!goal.custom)
      return old
        ? decideComponent(old, goalState)
        : { op: "create", next: goalState };
    const next = await this.checked(goalState, goal, old);
    if (!old) return { op: "create", next };
    const provider = await context.provider();
    const diff: Diff = old.pendingReplacement
      ? { changes: "some", replaces: [], deleteBeforeReplace: true }
      : await provider.diff(old, urn, next.inputs);
    const step = decide(goal, old, next, diff);
    if (step.op === "replace") this.checkReplacement(step);
    return step;
  }

  private find(urn: string, goal: Goal): ResourceState | undefined {
    const formerParent = goal.parent && this.formerly.get(goal.parent);
    const former = formerUrns(goal, this.context.stack, formerParent);
    const found = [urn, ...former].find((name) => this.olds.has(name));
    if (found === undefined) return undefined;
    if (found !== urn) this.rename(found, urn);
    const old = this.olds.get(found)!;
    this.unclaimed.delete(old);
    return old;
  }

  private rename(former: string, urn: string): void {
    const taken = this.claimed.has(former) ? former : this.renamed.get(former);
    if (taken !== undefined)
      throw new Rejected(
        `'${urn}' cannot take the alias '${former}': it is that of '${taken}'`,
      );
    this.renamed.set(former, urn);
    this.formerly.set(urn, former);
  }

  private stateFor(
    urn: string,
    goal: Goal,
    old: ResourceState | undefined,
  ): ResourceState {
    const parent = goal.parent ? this.registered.get(goal.parent) : undefined;
    if (goal.parent && !this.claimed.has(goal.parent))
      throw new Rejected(`could not find parent resource ${goal.parent}`);
    const protect = goal.protect ?? parent?.protect;
    const retainOnDelete = goal.retainOnDelete ?? parent?.retainOnDelete;
    const secretOutputs = goal.additionalSecretOutputs;
    const trigger = goal.replacementTrigger;
    return {
      urn,
      type: goal.type,
      custom: goal.custom,
      inputs: old
        ? ignoring(goal.ignoreChanges, goal.inputs, old.inputs)
        : goal.inputs,
      outputs: {},
      ...(goal.parent ? { parent: goal.parent } : {}),
      dependencies: goal.dependencies,
      propertyDependencies: goal.propertyDependencies,
      ...(protect ? { protect } : {}),
      ...(retainOnDelete ? { retainOnDelete } : {}),
      ...(secretOutputs.length > 0
        ? { additionalSecretOutputs: secretOutputs }
        : {}),
      ...(trigger === undefined ? {} : { replacementTrigger: trigger }),
      ...(Object.keys(goal.hooks).length > 0
        ? { resourceHooks: goal.hooks }
        : {}),
      ...(old?.id ? { id: old.id } : {}),
      ...(old?.created ? { created: old.created } : {}),
      ...(old?.modified ? { modified: old.modified } : {}),
    };
  }

  private untargeted(
    next: ResourceState,
    old: ResourceState | undefined,
  ): Step {
    // As it is, under the name it has now.
    if (old) {
      const { urn, parent } = next;
      const kept = { ...old, urn, ...(parent ? { parent } : {}) };
      return { op: "same", old, next: kept };
    }
    this.skipped.add(next.urn);
    return { op: "skip", next };
  }

  private checkDependencies(next: ResourceState): void {
    const { parent, dependencies } = next;
    for (const urn of [...(parent ? [parent] : []), ...dependencies])
      if (this.skipped.has(urn))
        throw new Rejected(
          `Resource '${next.urn}' depends on '${urn}', which is not there yet and not in the --target list`,
        );
  }

  private async checked(
    state: ResourceState,
    goal: Goal,
    old: ResourceState | undefined,
  ): Promise<ResourceState> {
    const provider = await this.context.provider();
    const olds = old?.pendingReplacement ? {} : (old?.inputs ?? {});
    const answer = await provider.check(state.urn, olds, state.inputs);
    const what = `${goal.type} resource '${goal.name}'`;
    const complaints = answer.failures.map(({ property, reason }) => {
      if (property === "") return `${what} has a problem: ${reason}`;
      const value = JSON.stringify(hide(state.inputs[property] ?? null));
      return `${what}: property ${property} value {${value}} has a problem: ${reason}`;
    });
    const last = complaints.pop();
    for (const complaint of complaints)
      this.context.tell("error", complaint, state.urn);
    if (last !== undefined) throw new Rejected(last);
    return { ...state, inputs: markAll(answer.inputs, state.inputs) };
  }

  private checkReplacement({
    old,
    next,
    order,
  }: Extract<Step, { op: "replace" }>) {
    if (old.protect)
      throw new Rejected(`cannot replace '${next.urn}': it is protected`);
    if (order !== "deleteFirst") return;
    const dependent = this.context.snapshot.left.find((each) =>
      Object.values(each.propertyDependencies).flat().includes(old.urn),
    );
    if (dependent)
      throw new Rejected(
        `replacing ${next.urn} by deleting it first, while ${dependent.urn} depends on it, is not supported by this engine`,
      );
  }
}

import { createLockedAction } from "../../../provider/locked-action";
import { PartialFailure } from "../../../provider/partial";
import { createRollingAction } from "../../../provider/rolling-action";
import type { Provider } from "./provider";
import type { Inputs } from "./program";

type Kind = "rolling" | "locked";
type Methods = ReturnType<typeof createLockedAction>;

/** What Pulumi's state file has of a resource. */
export interface Stored {
  kind: Kind;
  id: string;
  inputs: Inputs;
  outputs: Inputs;
}

/** How an operation on one resource ended, as its user hears of it. */
export type Told =
  | { kind: "unchanged" }
  | { kind: "ok"; what: "create" | "update" | "delete" }
  | { kind: "failed"; what: "create" | "update" | "delete"; reasons: string[] }
  | { kind: "refused"; reasons: string[] };

/** One state file, and what an engine does with it. */
export class Stack {
  readonly stored = new Map<string, Stored>();

  constructor(readonly name: string) {}

  /** What `pulumi preview` asks of the provider: nothing of it may touch the world. */
  async preview(
    provider: Provider,
    urn: string,
    kind: Kind,
    inputs: Inputs,
  ): Promise<"refused" | "create" | "update" | "same"> {
    const methods = methodsOf(provider, kind);
    const old = this.stored.get(urn);
    const checked = await methods.check(old?.inputs ?? {}, copy(inputs));
    if (checked.failures.length > 0) return "refused";
    if (!old) return "create";
    const { changes } = await methods.diff(
      old.id,
      copy(old.outputs),
      checked.inputs,
    );
    return changes ? "update" : "same";
  }

  /** One resource in `pulumi up`. What the provider never answers leaves the state as it was. */
  async up(
    provider: Provider,
    urn: string,
    kind: Kind,
    inputs: Inputs,
  ): Promise<Told> {
    const methods = methodsOf(provider, kind);
    const old = this.stored.get(urn);
    const { inputs: news, failures } = await methods.check(
      old?.inputs ?? {},
      copy(inputs),
    );
    if (failures.length > 0)
      return { kind: "refused", reasons: failures.map(({ reason }) => reason) };
    if (!old)
      return this.keep(urn, kind, news, "create", () =>
        methods.create(copy(news)),
      );
    const { changes } = await methods.diff(
      old.id,
      copy(old.outputs),
      copy(news),
    );
    if (!changes) {
      this.stored.set(urn, { ...old, inputs: news });
      return { kind: "unchanged" };
    }
    return this.keep(urn, kind, news, "update", async () => ({
      id: old.id,
      ...(await methods.update(old.id, copy(old.outputs), copy(news))),
    }));
  }

  async delete(provider: Provider, urn: string): Promise<Told> {
    const { kind, id, outputs } = this.stored.get(urn)!;
    try {
      await methodsOf(provider, kind).delete(id, copy(outputs));
    } catch (error) {
      return {
        kind: "failed",
        what: "delete",
        reasons: [(error as Error).message],
      };
    }
    this.stored.delete(urn);
    return { kind: "ok", what: "delete" };
  }

  private async keep(
    urn: string,
    kind: Kind,
    inputs: Inputs,
    what: "create" | "update",
    work: () => Promise<{ id: string; outs: Inputs }>,
  ): Promise<Told> {
    try {
      const { id, outs } = await work();
      this.stored.set(urn, { kind, id, inputs, outputs: copy(outs) });
      return { kind: "ok", what };
    } catch (error) {
      if (!(error instanceof PartialFailure)) throw error;
      // the engine keeps the old inputs beside the new outputs
      const before = this.stored.get(urn)?.inputs ?? inputs;
      this.stored.set(urn, {
        ...{ kind, id: error.id, inputs: before },
        outputs: copy(error.properties),
      });
      return { kind: "failed", what, reasons: error.reasons };
    }
  }
}

function methodsOf({ runtime }: Provider, kind: Kind): Methods {
  return kind === "locked"
    ? createLockedAction(runtime)
    : createRollingAction(runtime);
}

/** As it comes back from a state file. */
export function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

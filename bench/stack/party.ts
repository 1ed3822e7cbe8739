import { makeProject } from "../../tests/support/project";
import type { Sandbox } from "../../tests/support/sandbox";
import {
  openStack,
  type OperationResult,
  type Stack,
  type StackSettings,
} from "../../tests/support/stack";
import { RESOURCES } from "./programs";

const PARALLEL = 8;

/** One program, and the operations that are timed. */
export class StackParty {
  private fresh = 0;

  private constructor(
    readonly name: string,
    private readonly open: (stack: string) => Promise<Stack>,
    private readonly filled: Stack,
  ) {}

  static async create(
    sandbox: Sandbox,
    name: string,
    project: { name: string; program: string; withPackage: boolean },
    settings: StackSettings,
  ): Promise<StackParty> {
    const made = await makeProject(sandbox, project);
    const config = Object.fromEntries(
      Object.entries(settings.config).map(([key, value]) => [
        key.includes(":") ? key : `${project.name}:${key}`,
        value,
      ]),
    );
    const open = (stack: string) =>
      openStack(made, stack, { ...settings, config });
    return new StackParty(name, open, await open("filled"));
  }

  get engine(): string {
    return this.filled.engine;
  }

  /** The first `up`, not timed: ours does its work on real hosts. */
  async fill(): Promise<void> {
    expectCount(
      await this.filled.up({ parallel: PARALLEL }),
      "create",
      this.name,
    );
  }

  /** Seconds of a preview of all, none of which is there yet. */
  async preview(): Promise<number> {
    const stack = await this.open(`fresh${++this.fresh}`);
    return this.time("create", () => stack.preview());
  }

  /** Seconds of an `up` that has nothing to do. */
  async idleUp(): Promise<number> {
    return this.time("same", () => this.filled.up({ parallel: PARALLEL }));
  }

  /** Bytes of each resource in the state, without what says how to reach its host. */
  async sizes(): Promise<number[]> {
    const { deployment } = await this.filled.state();
    return deployment.resources
      .filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic:"))
      .map(({ inputs, outputs, ...resource }) =>
        Buffer.byteLength(
          JSON.stringify({
            ...resource,
            inputs: withoutConnection(inputs),
            outputs: withoutConnection(outputs),
          }),
        ),
      );
  }

  private async time(
    expected: "create" | "same",
    operation: () => Promise<OperationResult>,
  ): Promise<number> {
    const begin = performance.now();
    const result = await operation();
    const took = (performance.now() - begin) / 1000;
    expectCount(result, expected, this.name);
    return took;
  }
}

function withoutConnection(properties: object): object {
  return Object.fromEntries(
    Object.entries(properties).filter(([key]) => key !== "connection"),
  );
}

/** A figure of an operation that did something else would be worth nothing. */
function expectCount(
  { ok, summary, diagnostics, failure }: OperationResult,
  expected: "create" | "same",
  name: string,
): void {
  // the stack itself is a resource of either kind
  if (ok && summary[expected] >= RESOURCES) return;
  const told = diagnostics.map(({ message }) => message).slice(0, 5);
  throw new Error(
    `${name}: expected ${RESOURCES} × ${expected}, got ${JSON.stringify(summary)}: ${[failure, ...told].join("; ")}`,
  );
}

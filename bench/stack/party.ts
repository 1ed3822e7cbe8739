import { makeProject } from "../../tests/support/project";
import {
  openStack,
  type OperationResult,
  type Stack,
} from "../../tests/support/stack";
import type { Ground } from "./ground";

const PARALLEL = 8;

/** What is measured: a program, and how many resources it declares. */
export interface Measured {
  project: string;
  program: string;
  withPackage: boolean;
  resources: number;
}

/** One program, and the operations that are timed. */
export class StackParty {
  private fresh = 0;

  private constructor(
    readonly name: string,
    private readonly measured: Measured,
    private readonly open: (stack: string) => Promise<Stack>,
    private readonly filled: Stack,
  ) {}

  static async create(
    { bench, settings }: Ground,
    name: string,
    measured: Measured,
  ): Promise<StackParty> {
    const { project, program, withPackage } = measured;
    const made = await makeProject(bench.sandbox, {
      ...{ name: project, program, withPackage, wholeSdk: true },
    });
    const config = Object.fromEntries(
      Object.entries(settings.config).map(([key, value]) => [
        key.includes(":") ? key : `${project}:${key}`,
        value,
      ]),
    );
    const open = (stack: string) =>
      openStack(made, stack, { ...settings, config });
    return new StackParty(name, measured, open, await open("filled"));
  }

  get engine(): string {
    return this.filled.engine;
  }

  /** The first `up`, not timed: ours does its work on real hosts. */
  async fill(): Promise<void> {
    await this.timeUp("create", this.filled);
  }

  /** Seconds of an `up` of all, none of which is there yet. */
  async up(): Promise<number> {
    return this.timeUp("create", await this.open(`fresh${++this.fresh}`));
  }

  /** Seconds of a preview of all, none of which is there yet. */
  async preview(): Promise<number> {
    const stack = await this.open(`fresh${++this.fresh}`);
    return this.time("create", () => stack.preview());
  }

  /** Seconds of an `up` that has nothing to do. */
  async idleUp(): Promise<number> {
    return this.timeUp("same", this.filled);
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

  private timeUp(expected: "create" | "same", stack: Stack): Promise<number> {
    return this.time(expected, () => stack.up({ parallel: PARALLEL }));
  }

  private async time(
    expected: "create" | "same",
    operation: () => Promise<OperationResult>,
  ): Promise<number> {
    const begin = performance.now();
    const result = await operation();
    const took = (performance.now() - begin) / 1000;
    const { resources } = this.measured;
    expectDone(result, expected, resources, this.name);
    return took;
  }
}

function withoutConnection(properties: object): object {
  return Object.fromEntries(
    Object.entries(properties).filter(([key]) => key !== "connection"),
  );
}

/** A figure of an operation that did something else would be worth nothing. */
export function expectDone(
  { ok, summary, diagnostics, failure }: OperationResult,
  expected: "create" | "same",
  resources: number,
  party: string,
): void {
  // the stack itself is a resource of either kind
  if (ok && summary[expected] >= resources) return;
  const told = diagnostics.map(({ message }) => message).slice(0, 5);
  throw new Error(
    `${party}: expected ${resources} × ${expected}, got ${JSON.stringify(summary)}: ${[failure, ...told].join("; ")}`,
  );
}

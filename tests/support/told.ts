import type { Op } from "../../engine/events";
import { nameOf, typeOf } from "../../engine/urn";
import type { EngineEvent, Stack, State } from "./stack";

const TYPE = "pulumi-nodejs:dynamic:LockedAction";

export type ResourceState = State["deployment"]["resources"][number];

/** What an operation tells while it runs, by the names of our resources. */
export class Told {
  readonly ops: Record<string, Op> = {};
  /** Beside the resource: what passes, and what stays. */
  readonly lines: Record<string, string[]> = {};

  readonly onEvent = (event: EngineEvent): void => {
    if (event.type === "begin" && event.resource.type === TYPE)
      this.ops[event.resource.name] = event.op;
    if (event.type !== "diagnostic" || !event.urn) return;
    if (typeOf(event.urn) !== TYPE) return;
    (this.lines[nameOf(event.urn)] ??= []).push(event.message);
  };

  /** How many resources an operation of this kind was begun for. */
  count(...ops: Op[]): number {
    return Object.values(this.ops).filter((op) => ops.includes(op)).length;
  }
}

/** Our resources in the state, by name. */
export async function resourcesOf(
  stack: Stack,
): Promise<Record<string, ResourceState>> {
  const { deployment } = await stack.state();
  const ours = deployment.resources.filter(({ type }) => type === TYPE);
  return Object.fromEntries(ours.map((each) => [nameOf(each.urn), each]));
}

import type { DynamicProvider } from "./dynamic-provider";
import {
  emptySummary,
  type EngineEvent,
  type Op,
  type Resource,
  type Severity,
  type Summary,
} from "./events";
import { Killed, type Halt } from "./halt";
import type { Hooks } from "./hooks";
import { PartialFailure } from "./provider-errors";
import type { Slots } from "./slots";
import type { Snapshot } from "./snapshot";
import { nameOf, typeOf } from "./urn";

export interface ContextParts {
  preview: boolean;
  /** URNs; undefined: all. */
  targets: ReadonlySet<string> | undefined;
  stack: { project: string; stack: string };
  snapshot: Snapshot;
  halt: Halt;
  slots: Slots;
  provider: () => Promise<DynamicProvider>;
  hooks: Hooks;
  emit: (event: EngineEvent) => void;
}

type Begin = Omit<Extract<EngineEvent, { type: "begin" }>, "type" | "op">;

/** What the steps of one operation share, and the way they are told of. */
export class Context {
  readonly summary: Summary = emptySummary();

  constructor(private readonly parts: ContextParts) {}

  get preview() {
    return this.parts.preview;
  }
  get stack() {
    return this.parts.stack;
  }
  get snapshot() {
    return this.parts.snapshot;
  }
  get halt() {
    return this.parts.halt;
  }
  get slots() {
    return this.parts.slots;
  }
  get hooks() {
    return this.parts.hooks;
  }
  get provider() {
    return this.parts.provider;
  }

  isTarget(urn: string): boolean {
    return this.parts.targets?.has(urn) ?? true;
  }

  get targeted(): boolean {
    return this.parts.targets !== undefined;
  }

  tell(severity: Severity, message: string, urn?: string): void {
    const about = urn === undefined ? {} : { urn };
    this.parts.emit({
      type: "diagnostic",
      severity,
      message,
      ephemeral: false,
      ...about,
    });
  }

  begun(op: Op, urn: string, more: Omit<Begin, "resource"> = {}): void {
    this.parts.emit({ type: "begin", op, resource: resource(urn), ...more });
  }

  ended(op: Op, urn: string, found?: "same" | "update" | "delete"): void {
    if (op in this.summary) this.summary[op as keyof Summary]++;
    if (found) this.summary[found]++;
    const what = found ? { found } : {};
    this.parts.emit({ type: "end", op, resource: resource(urn), ...what });
  }

  /** Tells of a step that failed, and halts. An abandoned one is left as it is. */
  failed(op: Op, urn: string, error: unknown): void {
    const reasons =
      error instanceof PartialFailure ? error.reasons : [messageOf(error)];
    this.parts.emit({ type: "failed", op, resource: resource(urn), reasons });
    if (error instanceof Killed) return;
    const partial = error instanceof PartialFailure;
    this.tell("error", partial ? listed(reasons) : reasons.join("\n"), urn);
    this.halt.fail(reasons[0] ?? "failed");
  }

  /** Tells of what did not come to a step, and halts. */
  refused(urn: string, error: unknown): void {
    this.tell("error", messageOf(error), urn);
    this.halt.fail(messageOf(error));
  }
}

export const resource = (urn: string): Resource => ({
  urn,
  type: typeOf(urn),
  name: nameOf(urn),
});

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const listed = (reasons: string[]): string =>
  [
    `${reasons.length} error${reasons.length === 1 ? "" : "s"} occurred:`,
    ...reasons.map((reason) => `\t* ${reason}`),
  ].join("\n");

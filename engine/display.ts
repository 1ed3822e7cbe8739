import { resource } from "./context";
import type { Diagnostic, EngineEvent, Op, Resource, Summary } from "./events";

/** One thing done, in the words of `pulumi`: sign, while it runs, when it is done, in a preview. */
const WORDS: Record<Op, [string, string, string, string]> = {
  create: ["+ ", "creating", "created", "create"],
  update: ["~ ", "updating", "updated", "update"],
  replace: ["+-", "replacing", "replaced", "replace"],
  delete: ["- ", "deleting", "deleted", "delete"],
  deleteReplaced: ["--", "deleting original", "deleted original", "delete"],
  refresh: ["~ ", "refreshing", "refreshed", "refresh"],
  same: ["  ", "", "unchanged", ""],
  skip: ["  ", "", "skipped", ""],
};

/** The lines that `pulumi` would print where it can't overwrite what it printed. */
export class Display {
  private readonly since = new Map<string, { op: Op; at: number }>();
  private readonly kept: Diagnostic[] = [];

  constructor(
    private readonly preview: boolean,
    private readonly print: (line: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  readonly onEvent = (event: EngineEvent): void => {
    switch (event.type) {
      case "begin":
        return this.begin(event);
      case "end":
        return this.end(event.op, event.resource, event.found);
      case "failed":
        return this.row(event.op, event.resource, "**failed**");
      case "diagnostic":
        return this.diagnostic(event);
      case "cancel":
        return this.print(
          event.now
            ? "^C received; terminating"
            : "^C received; cancelling: what runs is finished, nothing new begins. Another ^C abandons what runs.",
        );
      case "summary":
        return this.summary(event.summary, event.seconds, event.failure);
    }
  };

  private begin({
    op,
    resource,
    changed = [],
    replaces = [],
  }: Extract<EngineEvent, { type: "begin" }>): void {
    if (op === "same" || op === "skip") return;
    this.since.set(resource.urn, { op, at: this.now() });
    const [, doing, , planned] = WORDS[op];
    const names = changed.map((name) =>
      replaces.includes(name) ? `+-${name}` : `~${name}`,
    );
    const diff = names.length > 0 ? ` [diff: ${names.join(",")}]` : "";
    this.row(
      op,
      resource,
      `${this.preview ? planned : `${doing} (0s)`}${diff}`,
    );
  }

  private end(op: Op, resource: Resource, found?: string): void {
    if (op === "same" || op === "skip" || this.preview) return;
    const at = this.since.get(resource.urn)?.at ?? this.now();
    this.since.delete(resource.urn);
    const [, , done] = WORDS[op];
    const what = found && found !== "same" ? ` ${found}` : "";
    const seconds = ((this.now() - at) / 1000).toFixed(2);
    this.row(op, resource, `${done} (${seconds}s)${what}`);
  }

  private diagnostic(
    event: Extract<EngineEvent, { type: "diagnostic" }>,
  ): void {
    if (!event.ephemeral) this.kept.push(event);
    const [line = ""] = event.message.split("\n");
    const text = `${prefix(event)}${line}`;
    if (event.urn === undefined) return this.print(`    ${text}`);
    const running = this.since.get(event.urn);
    this.row(running?.op ?? "same", resource(event.urn), text);
  }

  private row(op: Op, { type, name }: Resource, text: string): void {
    this.print(` ${WORDS[op][0]} ${type} ${name} ${text}`);
  }

  private summary(summary: Summary, seconds: number, failure?: string): void {
    if (this.kept.length > 0) this.print("Diagnostics:");
    for (const [urn, diagnostics] of byResource(this.kept)) {
      const about = urn === "" ? undefined : resource(urn);
      this.print(about ? `  ${about.type} (${about.name}):` : "  stack:");
      for (const each of diagnostics)
        for (const line of `${prefix(each)}${each.message}`.split("\n"))
          this.print(`    ${line}`);
    }
    this.print("Resources:");
    for (const line of counted(summary, this.preview))
      this.print(`    ${line}`);
    if (failure !== undefined) this.print(`error: ${failure}`);
    this.print(`Duration: ${seconds.toFixed(1)}s`);
  }
}

function counted(summary: Summary, preview: boolean): string[] {
  const lines: string[] = [];
  for (const op of ["create", "update", "replace", "delete"] as const) {
    const count = summary[op];
    const [sign, , done, planned] = WORDS[op];
    const what = preview ? `to ${planned}` : done;
    if (count > 0) lines.push(`${sign.trim()} ${count} ${what}`);
  }
  if (summary.same > 0) lines.push(`${summary.same} unchanged`);
  return lines.length > 0 ? lines : ["none"];
}

function byResource(diagnostics: Diagnostic[]): Map<string, Diagnostic[]> {
  const groups = new Map<string, Diagnostic[]>();
  for (const each of diagnostics) {
    const urn = each.urn ?? "";
    groups.set(urn, [...(groups.get(urn) ?? []), each]);
  }
  return groups;
}

const prefix = ({ severity }: Diagnostic): string =>
  severity === "error" || severity === "warning" ? `${severity}: ` : "";

import { targetNow, type Difference } from "./diff";
import type { Runtime } from "./runtime";
import type { LockedActionInputs } from "./schema/inputs";
import type { State } from "./state";
import { isUnknown } from "./unknown";

/** A new resource: what its first run will do. */
export function explainNew(runtime: Runtime, inputs: LockedActionInputs): void {
  const what =
    inputs.onCreate === "record"
      ? "will look at the processes and touch nothing"
      : `will ${doing(inputs)} under ${lockName(inputs)}`;
  show(runtime, inputs, `${what}: new`);
}

/** An existing one: what the next run does to the host, and why; from stored facts alone. */
export function explainChange(
  runtime: Runtime,
  state: State,
  inputs: LockedActionInputs,
  { run, note }: Difference,
): void {
  if (run.length === 0 && note.length === 0) return;
  const parts = run.length
    ? [
        `will ${owed(state)}${doing(inputs)} under ${lockName(inputs)}: ${run.join("; ")}`,
      ]
    : [`touches no host: ${note.join("; ")}`];
  if (state.finishedAt)
    parts.push(
      `last ${state.verified ? "verified" : "run, not verified,"} ${state.finishedAt}`,
    );
  show(runtime, inputs, parts.join("; "));
}

function owed({ failure }: State): string {
  return failure ? "verify first, and if still owed " : "";
}

/** `restart nginx`, `reboot`, `restart nginx if needed` */
export function doing(
  inputs: Pick<LockedActionInputs, "action" | "onlyIf">,
): string {
  return `${what(inputs)}${inputs.onlyIf === undefined ? "" : " if needed"}`;
}

function what({ action }: Pick<LockedActionInputs, "action">): string {
  if (isUnknown(action) || isUnknown(action.service)) return "act";
  if (action.reboot) return "reboot";
  return action.service
    ? `${isUnknown(action.perform) ? "act on" : (action.perform ?? "restart")} ${action.service}`
    : "run the command";
}

function lockName(inputs: LockedActionInputs): string {
  const { lock } = inputs;
  if (isUnknown(lock) || isUnknown(lock.name)) return "a lock not known yet";
  const group = lock.data ?? targetNow(inputs) ?? "not known yet";
  return `lock ${lock.name} (group ${isUnknown(group) ? "not known yet" : group})`;
}

// The engine asks of one resource after the other: it gets its answer first, then the line.
function show(
  { status }: Runtime,
  { __urn: urn }: LockedActionInputs,
  line: string,
): void {
  if (isUnknown(urn)) return;
  setImmediate(() => status.show(urn, line));
}

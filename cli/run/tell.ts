import { jsonText } from "../json-text";
import type { Held, LockError } from "../../core/lock";
import type { Context } from "../context";
import { locked } from "../next-steps";

/** How a run ended: its command, and what became of the lock. */
export interface RunEnd {
  /** As a shell counts it. */
  code: number;
  /** In words. */
  reason: string;
  heldSeconds: number;
  lock: "released" | "kept" | "inDoubt" | "lost";
  /** Processes of a failed command that still work. */
  rest: number[];
  /** Why the lock is lost or in doubt. */
  error: LockError | null;
  /** Path of the Chef lock that was gone or another's when ours was given back. */
  lostMirror: string | null;
}

export function tellEnd(
  context: Context,
  name: string,
  held: Held,
  end: RunEnd,
): void {
  const warning = warningOf(end);
  if (context.json)
    return void process.stderr.write(
      `${jsonText(toJson(name, held, end, warning))}\n`,
    );
  if (warning) context.note(warning);
  if (end.error)
    return context.note(
      [`locked-action: ${end.error.message}`, ...end.error.story].join("\n  "),
    );
  if (end.lock === "kept")
    context.note(keptNote(context, name, held.id, end).join("\n  "));
}

function toJson(
  lock: string,
  { id, fencingToken, waited, adopted }: Held,
  end: RunEnd,
  warning: string | null,
) {
  return {
    ...{ lock, holder: id, fencingToken },
    adopted: adopted?.run ?? null,
    ...{ waitedSeconds: waited, heldSeconds: end.heldSeconds },
    ...{ exit: end.code, kept: end.lock === "kept", result: end.lock },
    warning: warning ?? end.error?.message ?? null,
  };
}

function warningOf({ lostMirror, rest }: RunEnd): string | null {
  if (lostMirror)
    return `warning: the Chef lock ${lostMirror} was gone or another's when the lock was given back: a Chef node may have acted at the same time`;
  return rest.length > 0
    ? `warning: processes of the command still work: ${rest.slice(0, 5).join(", ")}`
    : null;
}

function keptNote(
  context: Context,
  name: string,
  id: string,
  { reason, rest }: RunEnd,
): string[] {
  const clear = ["clear", name, "--holder", id, "-m", "WHY"];
  const first = rest.length > 0 ? "wait for their end, then " : "";
  return [
    `locked-action: ${reason}: the lock ${name} is kept`,
    `to go on: ${first}run the same again, it takes the lock over`,
    `or, if nothing is to be repaired: ${locked(context, ...clear)}`,
  ];
}

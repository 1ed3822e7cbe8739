import { doing } from "../explain";
import type { Runtime } from "../runtime";
import type { RollingActionInputs } from "../schema/rolling";
import { isUnknown } from "../unknown";
import { fleetDifference, type FleetDifference } from "./diff";
import { fleetLimits } from "./limits";
import type { FleetState } from "./state";

/** Hosts named in a preview. */
const NAMED = 5;

/** A new fleet: what its first roll will do. */
export function explainNewFleet(
  runtime: Runtime,
  inputs: RollingActionInputs,
): void {
  const { settings } = runtime.settings;
  explainFleet(runtime, null, inputs, fleetDifference(null, inputs, settings));
}

/** What the next roll does to which hosts, and why; from stored facts alone. */
export function explainFleet(
  runtime: Runtime,
  state: FleetState | null,
  inputs: RollingActionInputs,
  { due, total, note }: FleetDifference,
): void {
  if (isUnknown(inputs.__urn)) return;
  const { status } = runtime;
  if (!due) {
    status.show(inputs.__urn, `will ${doing(inputs)} on hosts not known yet`);
    return;
  }
  if (due.size === 0 && note.length === 0) return;
  const parts =
    due.size === 0
      ? [`touches no host: ${note.join("; ")}`]
      : [whatAndHow(inputs, due.size, total), ...who(due)];
  if (state?.finishedAt)
    parts.push(`last roll ${state.finishedAt}: ${state.summary}`);
  status.show(inputs.__urn, parts.join("; "));
}

function whatAndHow(
  inputs: RollingActionInputs,
  due: number,
  total: number,
): string {
  const { lock, groups, canary, onCreate } = inputs;
  if (onCreate === "record" && due === total)
    return `will look at the processes of ${due} hosts, and touch nothing where they are new`;
  const { maxHolders, maxPerGroup } = fleetLimits(inputs);
  const width =
    groups === "oneAtATime"
      ? `one group at a time, ${maxPerGroup} of it at once`
      : groups === "together"
        ? `${maxHolders} groups at once, ${maxPerGroup} of each`
        : `${maxHolders} at once`;
  const first = canary ? `, ${canary.count} first as canaries` : "";
  return `will ${doing(inputs)} on ${due} of ${total} hosts under lock ${lock.name}, ${width}${first}`;
}

/** Hosts by reason: `web1, web2: new`. */
function who(due: Map<string, string[]>): string[] {
  const byReason = new Map<string, string[]>();
  for (const [key, reasons] of due) {
    const reason = reasons.join(", ");
    const same = byReason.get(reason);
    if (same) same.push(key);
    else byReason.set(reason, [key]);
  }
  return [...byReason].map(([reason, keys]) => {
    const names = keys.slice(0, NAMED).join(", ");
    const more = keys.length - NAMED;
    return `${names}${more > 0 ? ` and ${more} more` : ""}: ${reason}`;
  });
}

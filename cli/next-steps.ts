import { oneLine } from "../core/text/lines";
import {
  pulumiUpOf,
  waysOnWithChef,
  type HolderView,
  type LockView,
} from "../core/lock";
import { lockedAction, type LockPlace } from "../core/text/command";
import type { Context } from "./context";

/** A command of ours that can be copied, to any terminal: it goes to where this one went. */
export function locked({ where }: Context, ...words: string[]): string {
  return lockedAction(placeOf(where), ...words);
}

export const placeOf = ({ servers, root }: Context["where"]): LockPlace => ({
  servers: servers.text,
  root,
});

/** What can be done about a lock as it stands, as commands that can be copied. */
export function nextSteps(context: Context, lock: LockView): string[] {
  const stuck = lock.holders.filter(({ state }) =>
    ["failed", "stale"].includes(state),
  );
  const steps = stuck.flatMap((holder) => waysOut(context, lock, holder));
  for (const chef of lock.chef)
    steps.push(...waysOnWithChef(chef, context.where.servers.text));
  if (lock.hold)
    steps.push(`let it go on: ${locked(context, "unhold", lock.name)}`);
  else if (lock.holders.length > 0 && stuck.length === 0)
    steps.push(
      `wait until it is free: ${locked(context, "wait", lock.name)}`,
      `let nobody new act: ${locked(context, "hold", lock.name, "-m", "WHY")}`,
    );
  return steps;
}

function waysOut(
  context: Context,
  { name }: LockView,
  { id, state, record }: HolderView,
): string[] {
  const who = oneLine(record?.target ?? id, 60);
  const clear = ["clear", name, "--holder", id, "-m", "WHY"];
  return [
    ...(state === "stale"
      ? [`make sure that nothing of it still works on ${who}: its run is gone`]
      : []),
    record?.urn
      ? `repair ${who}: ${pulumiUpOf(record.urn)}`
      : `repair ${who}: run the same command again, it takes this lock over`,
    `or, if it needs no repair: ${locked(context, ...clear)}`,
  ];
}

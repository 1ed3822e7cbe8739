import { waysOnWithChef, type HolderView, type LockView } from "../core/lock";
import { quote } from "../core/text/quote";
import type { Context } from "./context";

/** A command of ours that can be copied: it goes to where this one went. */
export function locked(context: Context, ...words: string[]): string {
  const { servers, root, stack } = context.options;
  const where = [
    ...(servers === undefined ? [] : ["--servers", servers]),
    ...(stack === undefined ? [] : ["--stack", stack]),
    ...(root === undefined ? [] : ["--root", root]),
  ];
  return ["locked-action", ...words, ...where].map(shellWord).join(" ");
}

export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : quote(text);
}

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
  const who = record?.target ?? id;
  const clear = ["clear", name, "--holder", id, "-m", "WHY"];
  return [
    ...(state === "stale"
      ? [`make sure that nothing of it still works on ${who}: its run is gone`]
      : []),
    record?.urn
      ? `repair ${who}: pulumi up --target ${quote(record.urn)}`
      : `repair ${who}: run the same command again, it takes this lock over`,
    `or, if it needs no repair: ${locked(context, ...clear)}`,
  ];
}

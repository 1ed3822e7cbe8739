import { clearCommand, lockedAction, pulumiUp } from "../text/command";
import type { Context } from "./context";
import type { KeptLock } from "./types";

/** What to do after a failure, as commands that can be copied. */
export function nextSteps(
  context: Context,
  kept: KeptLock | null,
  stopped: boolean,
): string[] {
  const { spec, journal } = context;
  const up = pulumiUp(spec.facts.urn);
  if (!kept) {
    if (stopped) return ["the next `pulumi up` goes on"];
    return journal.keep
      ? [`to go on: ${up}`]
      : ["nothing is locked; the next `pulumi up` tries again"];
  }
  const { lock } = spec;
  const held = journal.lock?.holder === kept.holder;
  return [
    held && journal.keep
      ? `the lock ${kept.lock} is kept, so that nobody else acts before this is mended`
      : kept.holder === spec.kept?.holder
        ? `an earlier run kept the lock ${kept.lock}; this one did not get to see whether it still stands`
        : `the lock ${kept.lock} may still stand`,
    `to see it: ${lockedAction(lock, "show", lock.name)}`,
    `to go on: ${up}`,
    `to give it up: ${clearCommand(lock, lock.name, kept.holder)}`,
  ];
}

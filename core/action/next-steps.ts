import type { Context } from "./context";
import type { KeptLock } from "./types";

const DEFAULT_ROOT = "/locked-action";

/** What to do after a failure, as commands that can be copied. */
export function nextSteps(
  context: Context,
  kept: KeptLock | null,
  stopped: boolean,
): string[] {
  const { spec, journal } = context;
  const target = spec.facts.urn ? ` --target '${spec.facts.urn}'` : "";
  if (!kept) {
    if (stopped) return ["the next `pulumi up` goes on"];
    return journal.keep
      ? [`to go on: pulumi up${target}`]
      : ["nothing is locked; the next `pulumi up` tries again"];
  }
  const name = shellWord(spec.lock.name);
  const where = whereOptions(context);
  return [
    journal.keep || kept.holder === spec.kept?.holder
      ? `the lock ${kept.lock} is kept, so that nobody else acts before this is mended`
      : `the lock ${kept.lock} may still stand`,
    `to see it: locked-action show ${name}${where}`,
    `to go on: pulumi up${target}`,
    `to give it up: locked-action clear ${name} --holder ${kept.holder}${where}`,
  ];
}

function whereOptions({ spec }: Context): string {
  const { root, servers } = spec.lock;
  const elsewhere = root === DEFAULT_ROOT ? "" : ` --root ${shellWord(root)}`;
  return ` --servers ${shellWord(servers)}${elsewhere}`;
}

function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text)
    ? text
    : `'${text.replaceAll("'", `'\\''`)}'`;
}

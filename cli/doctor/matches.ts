import { look } from "../../core/process/look";
import type { Identity, Sighting } from "../../core/process/types";
import type { RemoteHost } from "../../core/ssh/types";
import { duration } from "../../core/text/duration";
import { oneLine } from "../../core/text/lines";
import { failed, ok, warning, type Check } from "./check";

/** `process` of an action, as far as it is a pattern. */
export interface Pattern {
  commandString?: string;
  fullCmd: boolean;
  user?: string;
}

/** Seconds for the look. */
const PATIENCE = 30;
/** Processes that are told one by one. */
const TOLD = 20;
/** Characters of a command line. */
const WIDTH = 200;

/** What a pattern matches on a host: the roots, which an action would go by. */
export async function checkMatches(
  host: RemoteHost,
  what: string,
  pattern: Pattern,
  { sudo, signal }: { sudo: boolean; signal: AbortSignal },
): Promise<Check> {
  const check = `${what}: ${describePattern(pattern)}`;
  const ask = (rights: { sudo?: boolean }) =>
    look(host, pattern, { timeout: PATIENCE, signal, ...rights });
  let seen = await ask({});
  // an account that cannot see the processes of others may still act by sudo
  if (seen.kind === "unknown" && sudo) seen = await ask({ sudo: true });
  if (seen.kind === "unknown") return failed(check, seen.reason);
  const count = seen.identities.length;
  if (count === 0)
    return warning(
      check,
      "matches no process",
      pattern.fullCmd
        ? "it is an extended regular expression over the whole command line"
        : "it is an extended regular expression over the name, 15 characters at most; --full-cmd matches the command line",
    );
  const found =
    count === 1 ? "matches 1 process" : `matches ${count} processes`;
  return { ...ok(check, found), advice: list(seen) };
}

function describePattern({ commandString, fullCmd, user }: Pattern): string {
  const what = commandString === undefined ? "processes" : commandString;
  const over = fullCmd ? " over command lines" : "";
  return `${what}${over}${user === undefined ? "" : ` of user ${user}`}`;
}

function list({
  identities,
  ages,
  commandLines = {},
}: Extract<Sighting, { kind: "seen" }>): string[] {
  const line = (id: Identity, i: number) => {
    const text = commandLines[id];
    const age = `pid ${id.split("/")[1]}, ${duration(ages[i]!)} old`;
    return text === undefined ? age : `${age}: ${oneLine(text, WIDTH)}`;
  };
  const told = identities.slice(0, TOLD).map(line);
  const more = identities.length - told.length;
  return more > 0 ? [...told, `and ${more} more`] : told;
}

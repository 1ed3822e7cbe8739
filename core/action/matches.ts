import { TITLE_LENGTH } from "../process/match-program";
import type { Identity, ProcessSpec, Sighting } from "../process/types";
import { lockedAction } from "../text/command";
import { oneLine } from "../text/lines";
import type { Context } from "./context";
import type { Seen } from "./look";

type Pattern = Extract<ProcessSpec, { commandString?: string }>;

/** Processes of each kind that are told one by one. */
const TOLD = 5;
/** Characters of a command line in a message. */
const WIDTH = 80;

/**
 * What a pattern matched before and after, and what to check: one that is too wide, or
 * mistyped, is the commonest mistake of all. Nothing for a unit or a pid file, which
 * name one process, or for a boot.
 */
export function describeMatches(
  context: Context,
  process: ProcessSpec,
  before: Identity[],
  after: Sighting,
): string[] {
  if ("boot" in process) return [];
  if ("unit" in process || "pidFile" in process) return [];
  if (after.kind === "unknown") return [];
  const stayed = before.filter((id) => after.identities.includes(id));
  const gone = before.filter((id) => !after.identities.includes(id));
  const fresh = after.identities.filter((id) => !before.includes(id));
  const lines = (what: string, ids: Identity[]) =>
    describeEach(context, what, ids, after);
  return [
    `${describePattern(process)} matched ${count(before)} before, ${count(after.identities)} after`,
    ...lines("stayed", stayed),
    ...lines("new", fresh),
    ...lines("gone", gone),
    advice({ stayed, gone, fresh }),
    `to see what it matches: ${command(context, process)}`,
  ];
}

function describePattern({ commandString, fullCmd, user }: Pattern): string {
  const whose = user === undefined ? "" : ` of user ${user}`;
  if (commandString === undefined) return `all processes${whose}`;
  const over = fullCmd ? "command lines" : "names of processes";
  return `the pattern ${commandString} over ${over}${whose}`;
}

function count({ length }: Identity[]): string {
  return length === 1 ? "1 process" : `${length} processes`;
}

function describeEach(
  context: Context,
  what: string,
  ids: Identity[],
  after: Seen,
): string[] {
  const told = ids.slice(0, TOLD).map((id) => {
    const line = commandLine(context, id, after);
    return `${what}: pid ${id.split("/")[1]}${line ? `: ${line}` : ""}`;
  });
  const more = ids.length - told.length;
  return more > 0 ? [...told, `${what}: ${more} more`] : told;
}

function commandLine(
  { journal, spec, redact }: Context,
  id: Identity,
  after: Seen,
): string {
  const text = after.commandLines?.[id] ?? journal.look?.commandLines?.[id];
  if (text === undefined) return "";
  if (redact(text) !== text || mayEndInSecret(text, spec.secrets))
    return "(its command line holds a secret)";
  return oneLine(text, WIDTH);
}

/** The host sends the beginning of a long command line: a secret may have been cut. */
function mayEndInSecret(text: string, secrets: string[]): boolean {
  if (Buffer.byteLength(text) < TITLE_LENGTH - 3) return false;
  return secrets
    .flatMap((secret) => secret.split("\n"))
    .some((secret) => {
      for (let n = Math.min(secret.length, text.length); n > 3; n--)
        if (text.endsWith(secret.slice(0, n))) return true;
      return false;
    });
}

function advice({
  stayed,
  gone,
  fresh,
}: Record<"stayed" | "gone" | "fresh", Identity[]>): string {
  if (stayed.length && (fresh.length || gone.length))
    return "to check: does the pattern also match processes that the action leaves alone? Make it narrower (^…$, user, fullCmd); if the old ones only take long to end, give health.timeout";
  if (stayed.length)
    return "to check: did the action restart these processes at all? If so, the pattern matches others than it should";
  if (fresh.length || gone.length)
    return "to check: the host's own log says why it did not come up; if it takes longer, give health.timeout";
  return "to check: does the pattern match the service at all? It is an extended regular expression over the name (15 characters at most), with fullCmd over the command line";
}

function command({ spec }: Context, process: Pattern): string {
  const { host, port, user } = spec.connection;
  const { commandString, fullCmd, user: owner } = process;
  const words = [
    ...["doctor", "--host", `${user}@${host}:${port}`],
    ...(commandString === undefined ? [] : ["--process", commandString]),
    ...(fullCmd ? ["--full-cmd"] : []),
    ...(owner === undefined ? [] : ["--user", owner]),
  ];
  return lockedAction(spec.lock, ...words);
}

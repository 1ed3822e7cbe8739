import { quote } from "../text/quote";
import { guardEnd, guardStart } from "./guard-program";
import type { Script } from "./types";

/** Seconds between TERM and KILL on the host. */
export const KILL_AFTER = 2;

/** Printed by `sudo` where it wants a password. */
export const PROMPT = "[locked-action sudo]";

/** Printed when `sudo` has let us through. */
export const READY = "locked-action-ready";

/** The line that is waited for after a password, which `sudo` may have left unread. */
export const GO = "go";

/** What a script exits with whose time is over. */
export const TIMED_OUT = 124;

/** Whole seconds: some hosts know no others. */
export function wholeSeconds(timeout: number): number {
  return Math.max(1, Math.ceil(timeout));
}

/**
 * The remote command line: constant but for the user's name, without anything that
 * one of sh, bash, zsh, fish, tcsh would read differently.
 */
export function commandLine({ sudo, sudoPassword }: Script): string {
  const words = ["exec"];
  const asks = sudo && sudoPassword !== undefined;
  if (sudo) {
    words.push("sudo", ...(asks ? ["-S", "-p", `'${PROMPT}'`] : ["-n"]));
    if (sudo !== true) words.push("-u", `'${sudo}'`);
    words.push("--");
  }
  if (asks)
    words.push(
      `/bin/sh -c 'echo ${READY}; until [ "$la_w" = ${GO} ]; do read -r la_w || exit 97; done; exec /bin/sh -s'`,
    );
  else words.push("/bin/sh -s");
  return words.join(" ");
}

/**
 * The program that goes over stdin: tells that it is there, and in which process
 * group; sees to a deadline; exports; takes the guard; runs the body; tells its exit.
 * It is one command of the shell, run only if all of it is there: a link that is cut
 * must not leave half a script to be run.
 */
export function program(script: Script, token: string): string {
  const { body, environment = {}, stdin, timeout, guard } = script;
  const exports = Object.entries(environment).map(
    ([name, value]) => `export ${name}=${quote(value)}`,
  );
  return [
    "{ unset la_w",
    PROCESS_GROUP,
    `printf '%s at %s\\n' ${token} "$la_g"; printf '%s at\\n' ${token} >&2`,
    watchdog(wholeSeconds(timeout)),
    ...(stdin === undefined ? [] : [input(stdin, token)]),
    define(body),
    ...(guard ? [guardStart(guard)] : []),
    ...exports,
    "la_ended",
    `printf '%s go\\n' ${token}`,
    stdin === undefined ? RUN : RUN_WITH_STDIN,
    "la_e=$?",
    ...(guard ? [guardEnd()] : []),
    "la_ended",
    `printf '%s end %s\\n' ${token} "$la_e"; printf '%s end\\n' ${token} >&2`,
    'exit "$la_e"',
    "}\n",
  ].join("\n");
}

/** The session's own shell leads its group; under `sudo` or a wrapper of the host's it may not. */
const PROCESS_GROUP = `la_g=$$
kill -0 "-$$" 2>/dev/null || {
la_g=
read -r la_p 2>/dev/null </proc/$$/stat && la_p=\${la_p##*") "} && set -- $la_p && la_g=$3
set --
}`;

/**
 * Ends the whole process group at the deadline, and what stays of it two seconds after
 * a TERM from anywhere. It lives as long as this shell: what outlives a shell that was
 * killed, a daemon say, is left alone. The body may take its time after TERM: this shell
 * waits for it, then \`la_ended\` ends it as the signal would have.
 */
function watchdog(seconds: number): string {
  return `( la_o=
trap 'kill -KILL "$!"; wait "$!"; exit' USR1
trap 'la_o=1; kill -KILL "$!"' TERM
while sleep ${seconds} & wait "$!"; [ $? -gt 128 ] && [ -z "$la_o" ]; do :; done
if [ -z "$la_o" ]; then
read -r la_p </proc/self/stat && la_p=\${la_p##*") "} && set -- $la_p && [ "$2" != $$ ] && exit
kill -USR1 $$
fi
trap '' TERM
kill -TERM 0
sleep ${KILL_AFTER}
kill -KILL 0 ) </dev/null >/dev/null 2>&1 &
la_k=$! la_late= la_term=
trap '[ -n "$la_late" ] || { kill -USR1 "$la_k"; wait "$la_k"; } 2>/dev/null' EXIT
trap la_late=1 USR1
trap la_term=1 TERM
la_ended() {
[ -z "$la_late" ] || exit ${TIMED_OUT}
[ -z "$la_term" ] || { trap - TERM; kill -TERM $$; }
}`;
}

/** A body with an error of syntax is none, and nothing of it is run. The empty line mends one that ends in a backslash, \`:\` one without a command. */
function define(body: string): string {
  return `la_s=${quote(body)}
eval "la_main() {
:
$la_s

}" || exit 2
unset la_s`;
}

/** In a subshell, so that an \`exit\` or an \`exec\` of the body leaves us the last word; without the guard's files, which a daemon would keep open for ever. */
const CLOSED = "7<&- 8<&- 9<&-";
const RUN = `(la_main) </dev/null ${CLOSED}`;
const RUN_WITH_STDIN = `la_input ${CLOSED} | (la_main) ${CLOSED}`;

/** As base64 in the program itself: complete or not there at all, of any bytes, and never in argv. */
function input(stdin: string, token: string): string {
  const lines =
    Buffer.from(stdin)
      .toString("base64")
      .match(/.{1,76}/g) ?? [];
  return [
    "command -v base64 >/dev/null || { echo 'locked-action: this host has no base64, which stdin needs' >&2; exit 127; }",
    "la_input() { base64 -d <<'" + token + "'",
    ...lines,
    token,
    "}",
  ].join("\n");
}

import { quote } from "../text/quote";
import { guardEnd, guardStart } from "./guard-program";
import { CHECK_INPUT, FEED, holdInput } from "./script-input";
import type { Script } from "./types";
import { DEADLINE, watchdog } from "./watchdog";

/** Printed by `sudo` where it wants a password. */
export const PROMPT = "[locked-action sudo]";

/**
 * The line by which a shell of ours, with the rights that were asked for, says that it is there. Nothing is sent before.
 * The command line has it with two blanks: a host that repeats what it was asked to run does not say it.
 */
export const READY = "locked-action ready";
const SAY_READY = "echo; echo locked-action  ready";
/** Some servers, dropbear among them, leave a command in their own process group, which the end of ours would end too. */
const LEAD = "la_w=; kill -0 -$$ 2>/dev/null || la_w=$(command -v setsid)";

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
  const wait = `until [ "$la_w" = ${GO} ]; do read -r la_w || exit 97; done; `;
  words.push(
    `/bin/sh -c '${SAY_READY}; ${asks ? wait : ""}${LEAD}; exec $la_w /bin/sh -s'`,
  );
  return words.join(" ");
}

/**
 * The program that goes over stdin: tells that it is there, in which process group and
 * in which boot of the host; sees to a deadline; takes the guard; runs the body; tells its end.
 * It is one command of the shell, run only if all of it is there: a link that is cut
 * must not leave half a script to be run. File descriptor 4 is the error output; what the shell
 * itself says of this program, which holds secrets, goes nowhere.
 */
export function program(script: Script, token: string): string {
  const { body, environment = {}, stdin, timeout, guard } = script;
  const exports = Object.entries(environment).map(
    ([name, value]) => `export ${name}=${quote(value)}`,
  );
  return [
    "{ unset la_w",
    "exec 4>&2 2>/dev/null",
    PATHS,
    PROCESS_GROUP,
    BOOT,
    `echo "${token} at $la_g $la_boot"; echo '${token} at' >&4`,
    lastWord(token),
    DEADLINE,
    watchdog(wholeSeconds(timeout)),
    ...(stdin === undefined ? [] : [holdInput(stdin)]),
    define(body),
    ...(stdin === undefined ? [] : [CHECK_INPUT]),
    ...(guard ? [guardStart(guard)] : []),
    "la_ended refused",
    `echo '${token} go'`,
    stdin === undefined ? "(" : `${FEED} | (`,
    CLOSE,
    "PATH=$la_path",
    ...exports,
    "exec 2>&4 4>&-",
    stdin === undefined ? "la_main ) </dev/null" : "la_main )",
    EXIT_CODE,
    ...(guard ? [guardEnd()] : []),
    "la_ended end",
    'la_tell end "$la_e"',
    'exit "$la_e"',
    "}\n",
  ].join("\n");
}

/** Some hosts give a user, or `sudo`, a path that lacks what is needed here; the body gets the host's. */
const PATHS = `la_path=\${PATH-}
PATH=\${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`;

/** The session's own shell leads its group; under \`sudo\` or a wrapper of the host's it may not. */
const PROCESS_GROUP = `la_g=$$
kill -0 "-$$" || {
la_g=
read -r la_p </proc/$$/stat && la_p=\${la_p##*") "} && set -- $la_p && la_g=$3
set --
}`;

const BOOT = "la_boot=; read -r la_boot </proc/sys/kernel/random/boot_id";

/**
 * The last word, with a token that only this run and we know: that the body has ended, and how, or that it was refused,
 * which means that it never begins. Some servers close the channel as soon as
 * this shell is gone, whatever is still on its way: it stays until we have heard it, or the link is gone.
 */
function lastWord(token: string): string {
  return `la_tell() {
la_where=
echo "${token} $1 $2"
echo '${token} '"$1" >&4
la_unwatch
read -r la_x
}
la_refuse() {
[ -z "$2" ] || echo "locked-action: $2" >&4
la_tell refused "$1"
exit "$1"
}`;
}

/**
 * A body with an error of syntax is none, and nothing of it is run: most shells end
 * there. The empty line mends one that ends in a backslash, \`:\` one without a command.
 */
function define(body: string): string {
  return `la_s=${quote(body)}
la_syntax() { la_refuse 2 'the command has a syntax error: nothing of it was run, and nothing of it is shown (to see where: sh -n)'; }
la_where=syntax
eval "la_main() {
:
$la_s

}" || la_syntax
la_where=
unset la_s`;
}

/** The guard's files, which a daemon would keep open for ever. The body is in a subshell, so that its \`exit\` or \`exec\` leaves us the last word. */
const CLOSE = "exec 6<&- 7<&- 8<&- 9<&-";

/** ksh tells a signal as 256 and its number. */
const EXIT_CODE = `la_e=$?
[ "$la_e" -lt 256 ] || la_e=$((la_e - 128))`;

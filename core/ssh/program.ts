import { quote } from "../text/quote";
import { guardEnd, guardStart } from "./guard-program";
import type { Script } from "./types";

/** Seconds between TERM and KILL on the host. */
export const KILL_AFTER = 2;

/** Printed by `sudo` where it wants a password. */
export const PROMPT = "[locked-action sudo]";

/** Printed when `sudo` has let us through. */
export const READY = "locked-action-ready";

/** Whole seconds: some hosts know no others. */
export function wholeSeconds(timeout: number): number {
  return Math.max(1, Math.ceil(timeout));
}

/**
 * The remote command line. Constant but for numbers and the user's name, without
 * anything that one of sh, bash, zsh, fish, tcsh would read differently.
 * It waits for a line with the token, reads so many bytes, and runs them only if
 * they are all there: a link that is cut must not leave half a script to be run.
 */
export function commandLine(
  { sudo, sudoPassword, timeout }: Script,
  bytes: number,
  hasTimeout: boolean,
): string {
  const asks = sudo && sudoPassword !== undefined;
  const words = ["exec"];
  if (sudo) {
    words.push("sudo", ...(asks ? ["-S", "-p", `'${PROMPT}'`] : ["-n"]));
    if (sudo !== true) words.push("-u", `'${sudo}'`);
    words.push("--");
  }
  if (hasTimeout)
    words.push("timeout", "-k", `${KILL_AFTER}`, `${wholeSeconds(timeout)}`);
  const ready = asks ? `echo ${READY}; ` : "";
  words.push(
    "/bin/sh",
    "-c",
    `'${ready}until [ "$la_w" = go ]; do read -r la_w la_t || exit 97; done; la_s=$(head -c ${bytes}); case $la_s in *"$la_t") eval "$la_s";; *) exit 97;; esac'`,
  );
  return words.join(" ");
}

/**
 * The program that goes over stdin: tells that it is there, and in which process
 * group; sees to a deadline; exports; takes the guard; runs the body; tells its exit.
 */
export function program(script: Script, token: string): string {
  const { body, environment = {}, stdin, timeout, guard } = script;
  const exports = Object.entries(environment).map(
    ([name, value]) => `export ${name}=${quote(value)}`,
  );
  const run = stdin === undefined ? RUN : RUN_WITH_STDIN;
  return [
    "unset la_s la_w",
    PROCESS_GROUP,
    `printf '%s at %s\\n' ${token} "$la_g"; printf '%s at\\n' ${token} >&2`,
    watchdog(wholeSeconds(timeout)),
    ...(stdin === undefined ? [] : [input(stdin, token)]),
    ...(guard ? [guardStart(guard)] : []),
    ...exports,
    // the empty line mends a body that ends in a backslash, `:` one without a command
    `la_main() {\n:\n${body}\n\n}`,
    // TERM goes to all of the group. The body may take its time, and this shell waits for it:
    // without it `timeout` would leave, and with it the KILL for a body that stays
    "la_term=; trap la_term=1 TERM",
    `printf '%s go\\n' ${token}`,
    run,
    "la_e=$?",
    ...(guard ? [guardEnd()] : []),
    'trap - TERM; [ -z "$la_term" ] || kill -TERM $$',
    '[ -z "$la_k" ] || kill -USR1 "$la_k" 2>/dev/null',
    `printf '%s end %s\\n' ${token} "$la_e"; printf '%s end\\n' ${token} >&2`,
    'exit "$la_e"',
    `# ${token}`,
  ].join("\n");
}

/** In a subshell, so that an `exit` or an `exec` of the body leaves us the last word; without the guard's files, which a daemon would keep open for ever. */
const CLOSED = "7<&- 8<&- 9<&-";
const RUN = `(la_main) </dev/null ${CLOSED}`;
const RUN_WITH_STDIN = `la_input ${CLOSED} | (la_main) ${CLOSED}`;

const PROCESS_GROUP = `la_g= la_c= la_k=
read -r la_p 2>/dev/null </proc/$$/stat && la_p=\${la_p##*") "} && set -- $la_p && la_g=$3
set --
read -r la_c 2>/dev/null </proc/$PPID/comm`;

/** Only a \`timeout\` that is our parent and leads our process group ends all of it; busybox's does not. */
function watchdog(seconds: number): string {
  return `if [ "$la_c" != timeout ] || [ "$la_g" != "$PPID" ]; then
( sleep ${seconds} & la_k=$!
trap 'kill "$la_k"; exit' USR1
trap 'kill "$la_k"' TERM
wait "$la_k"
trap '' TERM
kill -TERM 0
sleep ${KILL_AFTER}
kill -KILL 0 ) </dev/null >/dev/null 2>&1 &
la_k=$!
fi`;
}

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

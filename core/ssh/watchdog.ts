/** Seconds between TERM and KILL on the host. */
export const KILL_AFTER = 2;

/**
 * Ends the whole process group at the deadline, and what stays of it two seconds after
 * a TERM from anywhere. It lives as long as this shell: what outlives a shell that was
 * killed, a daemon say, is left alone. It is started before this shell has traps: with those,
 * a signal that comes before it has set its own would be forgotten instead of ending it.
 */
export function watchdog(seconds: number): string {
  return `command -v sleep >/dev/null || la_refuse 127 'this host has no sleep, which the deadline needs'
( la_o=
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
kill -KILL 0 ) </dev/null >/dev/null 4>&- &
la_k=$!
trap '[ "$la_where" != syntax ] || la_syntax; la_unwatch' EXIT
trap la_late=1 USR1
trap la_term=1 TERM`;
}

/**
 * The body may take its time after TERM: this shell waits for it, then \`la_ended\` ends it as
 * the signal would have. What ends this shell early is its last word too: most shells end at an error of syntax.
 */
export const DEADLINE = `la_k= la_late= la_term= la_where=
la_unwatch() {
[ -z "$la_k" ] || [ -n "$la_late" ] || { kill -USR1 "$la_k"; wait "$la_k"; }
la_k=
}
la_ended() {
[ -z "$la_late" ] || { la_tell "$1" timeout; exit 124; }
[ -z "$la_term" ] || { la_tell "$1" TERM; trap - TERM; kill -TERM $$; }
}`;

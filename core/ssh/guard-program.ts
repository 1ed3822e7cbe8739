import type { Guard } from "./types";

/**
 * Where guards may lie, one file descriptor for each: the first place is shared by
 * all users of a host, the others are their own. Always taken in this order, all
 * that exist, so that a host where the first place came later has no second guard.
 */
const PLACES = '7 /run/lock 8 "$XDG_RUNTIME_DIR" 9 "${HOME:+$HOME/.cache}"';

/** Calls \`$1 fd directory\` for each place. */
const EACH = `la_each() {
la_f=$1; set -- ${PLACES}
while [ $# -gt 1 ]; do
case $2 in /*) "$la_f" "$1" "$2/locked-action";; esac
shift 2
done
}`;

/** Lock files are opened for reading only: nobody but their owner may open them otherwise in a sticky directory. */
const LOCK = `la_lock() {
[ -f "$2/$la_key.lock" ] && [ ! -h "$2/$la_key.lock" ] && [ -r "$2/$la_key.lock" ] || return 0
eval "exec $1<\\"\\$2/\\$la_key.lock\\""
command -v flock >/dev/null || return 0
flock -n "$1"
case $? in
0) ;;
1) la_busy; flock "$1" & wait "$!" 2>/dev/null || { la_ended; exit 97; };;
*) echo 'locked-action: this host cannot lock files: two runs could act at once' >&2;;
esac
}`;

/**
 * What all users' files of all places say: the newest record, which is one line of
 * \`number run state exit started finished\`, times in seconds since the boot, and whether
 * this run was revoked before it had begun. One pass: each reads the whole directory.
 */
const RECORD = `la_files() {
for la_x in "$2/$la_key@"*; do
[ -f "$la_x" ] && [ ! -h "$la_x" ] || continue
case $la_x in
*.run)
read -r la_1 la_2 la_3 la_4 la_5 2>/dev/null <"$la_x" || continue
case $la_1 in ''|*[!0-9]*) continue;; esac
[ "$la_1" -gt "$la_n" ] || continue
la_n=$la_1 la_run=$la_2 la_state=$la_3 la_exit=$la_4;;
*.revoked)
while read -r la_1; do [ "$la_1" != "$la_id" ] || la_no=1; done <"$la_x";;
esac
done
}
la_record() { la_n=0 la_run= la_state= la_exit=; la_each la_files; }`;

/** Root does not trust a directory that another user has made. */
const CHOOSE = `la_choose() {
[ -z "$la_d" ] || return 0
if [ -d "$2" ]; then :
elif [ "$1" = 7 ]; then mkdir -m 1777 "$2" 2>/dev/null
else mkdir -p -m 700 "$2" 2>/dev/null; fi
[ -d "$2" ] && [ ! -h "$2" ] && [ -w "$2" ] && [ -x "$2" ] || return 0
[ "$la_u" != 0 ] || [ -O "$2" ] || return 0
la_d=$2
[ -e "$2/$la_key.lock" ] || (umask 0; set -C; : >"$2/$la_key.lock") 2>/dev/null
}`;

/** Written over in one piece, always of the same length: whoever reads finds the old line or the new one. */
const WRITE = `la_write() {
[ -n "$la_d" ] || return 0
la_x=$la_d/$la_key@$la_u.run
[ -f "$la_x" ] && [ ! -h "$la_x" ] && [ -O "$la_x" ] || { { [ ! -e "$la_x" ] && [ ! -h "$la_x" ]; } || rm -f "$la_x"; (umask 022; set -C; : >"$la_x"); } || return
printf '%-255s\\n' "$la_q $la_id $*" 1<>"$la_x"
} 2>/dev/null
la_now() { read -r la_t la_x </proc/uptime; } 2>/dev/null`;

/**
 * Outputs go through processes that outlive a lost link: written straight into the
 * broken channel they would kill the act by SIGPIPE, halfway between stop and start.
 * Most shells keep a short here-document in a pipe, which needs no program; others, bash before 5.1
 * among them, in a file, which a full disk has no room for: there it is named pipes beside the guard.
 * The writing ends are opened before a relay could read the end of none, and a relay closes
 * them by \`exec\`: of what is redirected for a function alone, dash keeps the original.
 */
const RELAYS = `la_relay() { trap '' HUP INT PIPE TERM; cat || cat >/dev/null; }
la_pipes() { mkfifo -m 600 "$la_x.out" "$la_x.err" 2>/dev/null; }
la_x=$la_d/$la_key@$la_u.$$
la_1=
case \${BASH_VERSION-}\${KSH_VERSION-}\${ZSH_VERSION-} in ''|5.[1-9]*|[6-9].*)
exec 5<<. 6<<.
-
.
-
.
[ -p /proc/self/fd/5 ] && [ -p /proc/self/fd/6 ] && read -r la_1 <&5 && read -r la_1 <&6;;
esac
if [ "$la_1" = - ]; then
la_1=/proc/self/fd/5 la_2=/proc/self/fd/6
elif [ -n "$la_d" ] && { la_pipes || { rm -f "$la_x.out" "$la_x.err"; la_pipes; }; }; then
la_1=$la_x.out la_2=$la_x.err
exec 5<>"$la_1" 6<>"$la_2"
exec 5<"$la_1" 6<"$la_2"
else la_1=
fi
if [ -n "$la_1" ]; then
exec 3>"$la_1" 4>"$la_2"
(exec <&5 2>/dev/null 3>&- 4>&- 5<&- 6<&-; la_relay) &
(exec <&6 >&2 2>/dev/null 3>&- 4>&- 5<&- 6<&-; la_relay) &
exec >&3 2>&4 3>&- 4>&-
fi
exec 5<&- 6<&-
case $la_1 in "$la_d"/*) rm -f "$la_1" "$la_2" &;; esac`;

/** The effective user. Few programs are started here: each takes as long as all the rest. */
const USER = `la_u=
while [ -z "$la_u" ] && read -r la_1 la_2 la_3 la_4; do
[ "$la_1" != Uid: ] || la_u=$la_3
done 2>/dev/null </proc/$$/status
[ -n "$la_u" ] || la_u=$(id -u)`;

function names({ key }: { key: string }): string {
  return `la_key=${key} la_d= la_no=\n${USER}`;
}

/** Takes the guard, waiting for it if another run holds it, and writes down that this run has begun. */
export function guardStart(guard: Guard): string {
  return `${names(guard)}
la_id=${guard.runId}
${EACH}
${LOCK}
${RECORD}
${CHOOSE}
${WRITE}
la_busy() { la_record; echo "locked-action: waiting for run \${la_run:-of another user}, which still acts on this host" >&2; }
la_each la_choose
${RELAYS}
[ -n "$la_d" ] || echo 'locked-action: this host has no place for a guard: two runs could act at once' >&2
command -v flock >/dev/null || echo 'locked-action: this host has no flock: two runs could act at once' >&2
la_each la_lock
la_record
[ -z "$la_no" ] || { echo 'locked-action: this run was given up before it began' >&2; exit 98; }
la_q=$((la_n + 1)) la_b= la_t=; la_now; la_b=$la_t
la_write started - "$la_b" - || { echo "locked-action: $la_d cannot be written, so nobody could tell what became of this run" >&2; exit 99; }`;
}

/** Writes down how it ended, and lets the next one begin. */
export function guardEnd(): string {
  return `la_now; la_write finished "$la_e" "$la_b" "$la_t"
exec 7<&- 8<&- 9<&-`;
}

/** Waits for the guard and prints its newest record, \`busy\` before and \`free\` after the wait. */
export function guardQuestion(key: string, revoke: string | undefined): string {
  return `${names({ key })}
la_id=${revoke ?? ""}
command -v flock >/dev/null || { echo noflock; exit 0; }
${EACH}
${LOCK}
${RECORD}
${CHOOSE}
la_print() { la_record; echo "$1 $la_n $la_run $la_state $la_exit"; }
la_busy() { la_print busy; }
la_revoke() {
la_x=$la_d/$la_key@$la_u.revoked
[ -n "$la_d" ] && [ ! -h "$la_x" ] || return 1
[ ! -e "$la_x" ] || [ -O "$la_x" ] || return 1
(umask 022; echo "$la_id" >>"$la_x") 2>/dev/null
}
la_each la_choose
la_each la_lock
${revoke === undefined ? "" : "la_revoke || la_d="}
[ -n "$la_d" ] || { echo noplace; exit 0; }
la_print free`;
}

import { LEGACY } from "./guard-legacy";
import { CHOOSE, PLACES } from "./guard-places";
import { RELAYS } from "./guard-relays";
import type { Guard } from "./types";

/** Runs that a record remembers, the newest first. */
export const REMEMBERED = 8;
/** Revoked runs that are remembered. */
const REVOKED = 50;

/** Lock files are opened for reading only: a user may wait for root's. */
const LOCK = `la_lock() {
la_file "$1" "$2" "$la_key.lock" || return 0
eval "exec $1<\\"\\$2/\\$la_key.lock\\"" && la_flock "$1"
}
la_flock() {
[ -n "$la_can" ] || return 0
flock -n "$1"
case $? in
0) ;;
1) la_busy "$1"; flock "$1" & wait "$!" || { la_ended refused; exit 97; };;
*) la_say 'this host cannot lock files: two runs could act at once';;
esac
}`;

/**
 * The records of all places: lines of \`number run state exit begun ended boot\`, the times in seconds
 * since the boot, and whether this run was revoked before it had begun. A number that is none, or too long to count with, is no record.
 */
const RECORD = `la_number() { case $1 in ''|*[!0-9]*|????????????????*) return 1;; esac; }
la_files() {
if la_file "$1" "$2" "$la_key.run"; then
la_i=0
while [ $la_i -lt ${REMEMBERED} ] && read -r la_1 la_2 la_3 la_4 la_5 la_6 la_7; do
la_i=$((la_i + 1))
la_number "$la_1" && la_line "$la_1" "$la_2" "$la_3" "$la_4" "$la_5" "$la_6" "$la_7"
[ "$2" != "$la_d" ] || [ $la_i -ge ${REMEMBERED} ] || la_rest="$la_rest$la_1 $la_2 $la_3 $la_4 $la_5 $la_6 $la_7
"
done <"$2/$la_key.run"
fi
if la_file "$1" "$2" "$la_key.revoked"; then
while read -r la_1; do [ "$la_1" != "$la_id" ] || la_no=1; done <"$2/$la_key.revoked"
fi
}
la_line() {
[ "$1" -le "$la_n" ] && [ -n "$la_run" ] || la_n=$1 la_run=$2
la_lines="\${la_lines}line $*
"
}
la_record() { la_n=0 la_run= la_rest= la_lines=; la_old_record; la_each la_files; }`;

/** Written over in one piece, the newest line always of the same length: a reader finds the old one or the new one. */
const WRITE = `la_write() {
[ -n "$la_d" ] || return 0
la_x=$la_d/$la_key.run
if [ ! -e "$la_x" ]; then (umask 022; : >"$la_x"); fi
[ -f "$la_x" ] && [ ! -h "$la_x" ] && [ -O "$la_x" ] || return
la_1="$la_q $la_id $*" la_ifs=$IFS
IFS='
'
set -f
set -- "$la_1" $la_rest
set +f
IFS=$la_ifs la_rest=
printf '%-255s\\n' "$@" 1<>"$la_x"
}
la_now() { read -r la_t la_x </proc/uptime; }`;

/** The effective user. Few programs are started here: each takes as long as all the rest. */
const USER = `la_u=
while [ -z "$la_u" ] && read -r la_1 la_2 la_3 la_4; do
[ "$la_1" != Uid: ] || la_u=$la_3
done </proc/$$/status
[ -n "$la_u" ] || la_u=$(id -u)`;

function common(key: string, runId: string): string {
  return `la_key=${key} la_id=${runId} la_d= la_bad= la_no= la_can=
la_say() { echo "locked-action: $1" >&4; }
! command -v flock >/dev/null || la_can=1
${[USER, PLACES, CHOOSE, LOCK, RECORD, LEGACY].join("\n")}`;
}

/** Takes the guard, waiting for it if another run holds it, and writes down that this run has begun. */
export function guardStart({ key, runId }: Guard): string {
  return `${common(key, runId)}
${WRITE}
la_busy() { la_record; [ "$1" = 7 ] && la_run=\${la_run:-"of root's"}; la_say "waiting for run \${la_run:-of another user}, which still acts on this host"; }
la_each la_choose
[ -n "$la_d" ] || [ -z "$la_bad" ] || la_refuse 99 "$(la_sits "$la_bad")"
${RELAYS}
[ -n "$la_d" ] || la_say 'this host has no place for a guard: two runs could act at once'
[ -n "$la_can" ] || la_say 'this host has no flock: two runs could act at once'
la_old_lock
la_each la_lock
la_record
[ -z "$la_no" ] || la_refuse 98 'this run was given up before it began'
la_q=$((la_n + 1)) la_b= la_t=; la_now; la_b=$la_t
la_write started - "$la_b" - "$la_boot" || la_refuse 99 "$la_d cannot be written, so nobody could tell what became of this run"`;
}

/** Writes down how it ended, and lets the next one begin. */
export function guardEnd(): string {
  return `la_now; la_write finished "$la_e" "$la_b" "$la_t" "$la_boot"
exec 6<&- 7<&- 8<&- 9<&-`;
}

/**
 * Waits for the guard and prints its records: \`busy\` and the run that is waited for; then, with the guard in its hand,
 * each record, \`revoked\` if the run cannot begin any more, \`now\` with the seconds since the boot and the boot, and \`free\`.
 */
export function guardQuestion(key: string, revoke: string | undefined): string {
  return `exec 4>&2 2>/dev/null
la_boot=; read -r la_boot </proc/sys/kernel/random/boot_id
la_ended() { :; }
${common(key, revoke ?? "")}
[ -n "$la_can" ] || { echo noflock; exit 0; }
la_busy() { la_record; echo "busy \${la_run:-unknown}"; }
la_revoke() {
la_x=$la_d/$la_key.revoked
[ -n "$la_d" ] || return
[ ! -h "$la_x" ] || return
[ ! -e "$la_x" ] || { [ -f "$la_x" ] && [ -O "$la_x" ]; } || return
la_i=0 la_v=
if [ -e "$la_x" ]; then
while read -r la_1; do
la_i=$((la_i + 1)) la_v="$la_v$la_1
"
[ $la_i -lt ${REVOKED} ] || la_v=\${la_v#*
}
done <"$la_x"
fi
(umask 077; printf '%s%s\\n' "$la_v" "$la_id" >"$la_x")
}
la_each la_choose
[ -n "$la_d" ] || [ -z "$la_bad" ] || { echo "noplace $(la_sits "$la_bad")"; exit 0; }
la_old_lock
la_each la_lock
[ -n "$la_d" ] || { echo noplace; exit 0; }
${revoke === undefined ? "" : "la_revoke && echo revoked"}
la_record
la_t=; read -r la_t la_x </proc/uptime
printf '%s' "$la_lines"
echo "now \${la_t:-0} $la_boot"
echo free`;
}

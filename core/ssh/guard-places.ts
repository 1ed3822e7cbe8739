/**
 * Where the guard and its records lie: in directories that nobody but root and their owner can write to, so that no other
 * account of the host can forge, revoke, redirect or disable. `la_each` calls its first argument with a file descriptor and
 * a directory for each place that there may be, always in this order: root's, for which every user waits too, then the user's
 * own. What was not made by root or by the acting user, or could be swapped by another, is never opened.
 */
export const PLACES = `la_each() {
case $la_u in
0) "$1" 8 /run/locked-action;;
*) "$1" 7 /run/locked-action;;
esac
case \${HOME-} in /*) "$1" 9 "$HOME/.cache/locked-action";; esac
[ "$la_u" = 0 ] || "$1" 8 "/run/lock/locked-action-$la_u"
}
la_own() { [ -d "$1" ] && [ ! -h "$1" ] && [ -O "$1" ]; }
la_safe() {
case $2 in
/run/lock/*) la_own "$2" && la_root_only /run/lock;;
*) if [ "$1" = 7 ]; then [ -d "$2" ] && [ ! -h "$2" ]; else la_own "$2" && la_own "\${2%/*}"; fi;;
esac
}
la_file() {
[ -f "$2/$3" ] && [ ! -h "$2/$3" ] && [ -r "$2/$3" ] || return
[ "$1" = 7 ] || [ -O "$2/$3" ] || return
la_safe "$1" "$2"
}
la_root_only() {
set -- $(ls -ldn "$1")
[ "\${3-}" = 0 ] || return
case $1 in d????????[tT]*|d????-??-*) ;; *) return 1;; esac
}`;

/** The first place that is safe, made if it is not there; root's lets others see its lock. \`la_bad\`: somebody else sits on one. */
export const CHOOSE = `la_choose() {
[ -z "$la_d" ] && [ "$1" != 7 ] || return 0
if [ ! -e "$2" ] && [ ! -h "$2" ]; then
case $2 in
/run/locked-action) mkdir -m 755 "$2";;
/run/lock/*) mkdir -m 700 "$2";;
*) if [ -O "\${2%/*}" ] || [ -O "\${2%/.cache/*}" ]; then mkdir -p -m 700 "$2"; fi;;
esac
fi
[ -e "$2" ] || [ -h "$2" ] || return 0
if ! la_safe "$1" "$2"; then la_bad=$2
elif [ -w "$2" ] && [ -x "$2" ]; then
la_d=$2 la_f=$1
[ -e "$2/$la_key.lock" ] || (umask 022; : >"$2/$la_key.lock")
fi
}
la_sits() {
set -- "$1" $(ls -ldn "$1")
echo "$1 belongs to UID \${4-?}, or others can change it, so the guard cannot be there: give it to UID $la_u alone, or remove it"
}`;

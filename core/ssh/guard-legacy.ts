/**
 * What earlier versions of this package have left: one directory for all users, where a file counts only if root or the acting
 * user has made it, in a directory where nobody else can swap it. Whoever still runs there is waited for, and the record is read.
 */
export const LEGACY = `la_old=/run/lock/locked-action
la_trusted() {
[ -f "$1" ] && [ -r "$1" ] && [ ! -h "$1" ] && [ -O "$1" ] && [ -d "$la_old" ] && [ ! -h "$la_old" ] || return
[ -O "$la_old" ] || la_root_only "$la_old"
}
la_old_lock() { la_trusted "$la_old/$la_key.lock" && exec 6<"$la_old/$la_key.lock" && la_flock 6; }
la_old_record() {
la_trusted "$la_old/$la_key@$la_u.run" || return 0
read -r la_1 la_2 la_3 la_4 la_5 la_6 <"$la_old/$la_key@$la_u.run" && la_number "$la_1" && la_line 0 "$la_2" "$la_3" "$la_4" "$la_5" "$la_6" "$la_boot"
}`;

import { quote } from "../text/quote";
import { START, STAT } from "./look-program";

/** Bytes of a pid file that are read: its first line must be in them. */
const PID_FILE = 64;

/** The roots among the processes whose pids stand in \`$la_pids\`. */
const KNOWN = `la_pids="$la_pids" awk ${quote(`${STAT}
BEGIN {
  n = split(ENVIRON["la_pids"], pids, /[ \\n]+/)
  for (i = 1; i <= n; i++)
    if (pids[i] ~ /^[0-9]+$/ && stat(pids[i], f) && lives(f)) { parent[pids[i]] = f[2]; start[pids[i]] = f[20] }
  for (pid in parent) if (!(parent[pid] in parent)) { print "p " pid " " start[pid]; roots++ }
  print "end " (roots + 0) " " now() " 1"
}`)} </dev/null`;

/** Only a regular file is opened, and only its beginning read: a fifo would block, a device may have no end. */
export function pidFileProgram(file: string): string {
  return `${START}
la_file=${quote(file)} la_pids=
if [ ! -e "$la_file" ] && [ ! -h "$la_file" ]; then
la_dir=$la_file
while [ -n "$la_dir" ] && [ ! -e "$la_dir" ]; do la_dir=\${la_dir%/*}; done
[ -x "\${la_dir:-/}" ] || { echo 'problem the directory of the pid file cannot be entered'; exit 0; }
elif [ -e "$la_file" ] && [ ! -f "$la_file" ]; then
echo 'problem the pid file is no regular file'; exit 0
else
[ -r "$la_file" ] || { echo 'problem the pid file cannot be read'; exit 0; }
la_text=$(dd bs=${PID_FILE} count=1 <"$la_file" 2>/dev/null | tr -d ' \\t\\r\\000')
la_pids=\${la_text%%
*}
case $la_pids in ''|*[!0-9]*|??????????*) echo 'problem the pid file does not hold a number'; exit 0;; esac
if [ "$la_hid" = 1 ] && [ ! -r "/proc/$la_pids/stat" ]; then echo 'problem hidden'; exit 0; fi
fi
${KNOWN}
`;
}

const PROPERTIES = [
  ...["LoadState", "ActiveState", "SubState", "InvocationID"],
  ...["Type", "Result", "MainPID", "ControlGroup"],
];

/**
 * What systemd says of a unit, and its main process. A forking service may have none
 * that systemd could tell: then the processes of its control group count.
 */
export function unitProgram(unit: string): string {
  const asked = PROPERTIES.map((name) => `-p ${name}`).join(" ");
  return `${START}
command -v systemctl >/dev/null || { echo 'problem no systemctl on this host'; exit 0; }
la_out=$(systemctl show ${asked} -- ${quote(unit)} 2>&1) || { echo 'problem systemctl: '"$la_out" | head -n 1; exit 0; }
la_pids=0 la_type= la_active= la_group=
while IFS='=' read -r la_name la_value; do
case $la_name in
LoadState|SubState|InvocationID|Result) echo "unit $la_name $la_value";;
ActiveState) la_active=$la_value; echo "unit $la_name $la_value";;
Type) la_type=$la_value; echo "unit $la_name $la_value";;
MainPID) la_pids=$la_value; echo "unit $la_name $la_value";;
ControlGroup) la_group=$la_value;;
esac
done <<EOF
$la_out
EOF
case \${la_pids:-0} in *[!0-9]*) la_pids=0;; esac
if [ "$la_pids" != 0 ] && [ "$la_hid" = 1 ] && [ ! -r "/proc/$la_pids/stat" ]; then echo 'problem hidden'; exit 0; fi
if [ "$la_pids" = 0 ] && [ "$la_type $la_active" = 'forking active' ] && [ -n "$la_group" ]; then
for la_dir in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
[ -r "$la_dir$la_group/cgroup.procs" ] || continue
la_pids=$(cat "$la_dir$la_group/cgroup.procs"); break
done
fi
${KNOWN}
`;
}

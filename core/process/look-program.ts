import { quote } from "../text/quote";
import type { ProcessSpec } from "./types";

type Matching = Extract<
  ProcessSpec,
  { commandString?: string; user?: string; fullCmd?: boolean }
>;

/** What each look begins with: the boot, ticks per second, and whether others' processes can be seen. */
const START = `LC_ALL=C; export LC_ALL
IFS= read -r la_boot </proc/sys/kernel/random/boot_id || { echo 'problem no /proc of Linux on this host'; exit 0; }
la_hz=$(getconf CLK_TCK 2>/dev/null) || la_hz=100
la_hid=0; read -r la_x 2>/dev/null </proc/1/stat || la_hid=1
echo "boot $la_boot $la_hz $la_hid"`;

/** awk functions: the fields of /proc/PID/stat after the name, which may itself hold blanks, newlines and brackets. */
const STAT = `
function stat(pid, f,  file, line, text, n) {
  file = "/proc/" pid "/stat"; text = ""
  while ((getline line < file) > 0) text = text line " "
  close(file)
  while ((n = index(text, ") ")) > 0) text = substr(text, n + 2)
  return split(text, f, " ") >= 20
}
function now(  f) { stat("self", f); return f[20] }`;

/**
 * The processes that match, in one pass of \`tail\` and \`awk\` over all. \`tail\` puts each
 * file's path before its content; the path is spelt in a way nobody can guess, so that
 * no process can forge another one's entry by its title. What we have started ourselves
 * to look does not count: our session, and the `sudo` before it.
 */
const MATCH = `
function told(pid,  file, line, f, n) {
  euid = ""; nested = 0; file = "/proc/" pid "/status"
  while ((getline line < file) > 0) {
    n = split(line, f, /[ \\t]+/)
    if (f[1] == "Uid:") euid = f[3]
    if (f[1] == "NSpid:") nested = n > 2 && f[3] != ""
  }
  close(file)
}
function judge(  f) {
  if (pid == "") return
  sub(/[ \\n]+$/, "", text)
  if (text == "" || (pattern != "" && text !~ pattern)) return
  if (!stat(pid, f) || f[1] == "Z" || f[1] == "X") return
  if (f[4] == session || (pid in ours)) return
  told(pid)
  if (nested || (user != "" && user != euid)) return
  parent[pid] = f[2]; start[pid] = f[20]; found++
}
function recognise(shell,  f, pid, i, name, file) {
  stat(shell, f); session = f[4]
  for (i = 0; i < 5; i++) {
    pid = f[2]; file = "/proc/" pid "/comm"; name = ""
    getline name < file; close(file)
    if (name != "sudo" || !stat(pid, f)) return
    ours[pid]
  }
}
BEGIN {
  if ("a1" !~ "^[[:alpha:]][[:digit:]]$" || "ab" !~ "^(a|x)b+$") { print "problem the awk of this host is too old"; exit }
  pattern = ENVIRON["la_pattern"]; user = ENVIRON["la_user"]; prefix = ENVIRON["la_prefix"]
  recognise(ENVIRON["la_shell"])
  head = "==> " prefix; width = length(head); pid = ""; text = ""; seen = 0
}
substr($0, 1, width) == head {
  judge()
  pid = substr($0, width + 1); sub(/\\/.*/, "", pid); text = ""; seen++; fresh = 1
  next
}
{ text = text (fresh ? "" : " ") $0; fresh = 0 }
END {
  judge()
  if (!seen) { print "problem the list of processes could not be read"; exit }
  for (pid in parent) if (!(parent[pid] in parent)) { print "p " pid " " start[pid]; roots++ }
  print "end " (roots + 0) " " now() " " seen
}`;

/** @param prefix another spelling of `/proc/`, hard to guess */
export function matchProgram(spec: Matching, prefix: string): string {
  const file = spec.fullCmd ? "cmdline" : "comm";
  return `${START}
la_user=${quote(spec.user ?? "")}
case $la_user in ''|*[!0-9]*) [ -z "$la_user" ] || la_user=$(id -u -- "$la_user" 2>/dev/null) || { echo 'problem no such user'; exit 0; };; esac
if [ "$la_hid" = 1 ] && [ "$la_user" != "$(id -u)" ]; then echo 'problem hidden'; exit 0; fi
la_pattern=${quote(spec.commandString ?? "")} la_prefix=${quote(prefix)} la_shell=$$
export la_pattern la_user la_prefix la_shell
tail -n +1 /dev/null ${prefix}[0-9]*/${file} 2>/dev/null | tr '\\000' ' ' | awk ${quote(STAT + MATCH)}
`;
}

/** One process whose pid is known in \`$la_pid\`. */
const ONE = `awk -v pid="$la_pid" ${quote(`${STAT}
BEGIN {
  if (stat(pid, f) && f[1] != "Z" && f[1] != "X") { print "p " pid " " f[20]; roots = 1 }
  print "end " (roots + 0) " " now() " 1"
}`)} </dev/null`;

export function pidFileProgram(file: string): string {
  return `${START}
la_file=${quote(file)} la_pid=0
if [ ! -e "$la_file" ] && [ ! -h "$la_file" ]; then
la_dir=$la_file
while [ -n "$la_dir" ] && [ ! -e "$la_dir" ]; do la_dir=\${la_dir%/*}; done
[ -x "\${la_dir:-/}" ] || { echo 'problem the directory of the pid file cannot be entered'; exit 0; }
else
la_text=$(tr -d ' \\t\\r' <"$la_file" 2>/dev/null) || { echo 'problem the pid file cannot be read'; exit 0; }
la_pid=\${la_text%%
*}
case $la_pid in ''|*[!0-9]*|??????????*) echo 'problem the pid file does not hold a number'; exit 0;; esac
if [ "$la_hid" = 1 ] && [ ! -r "/proc/$la_pid/stat" ]; then echo 'problem hidden'; exit 0; fi
fi
${ONE}
`;
}

export function unitProgram(unit: string): string {
  return `${START}
command -v systemctl >/dev/null || { echo 'problem no systemctl on this host'; exit 0; }
la_out=$(systemctl show -p LoadState -p ActiveState -p MainPID -p InvocationID -- ${quote(unit)} 2>&1) || { echo 'problem systemctl: '"$la_out" | head -n 1; exit 0; }
la_pid=0
while IFS='=' read -r la_name la_value; do
case $la_name in
LoadState|ActiveState|InvocationID) echo "unit $la_name $la_value";;
MainPID) la_pid=$la_value;;
esac
done <<EOF
$la_out
EOF
if [ "\${la_pid:-0}" != 0 ] && [ "$la_hid" = 1 ] && [ ! -r "/proc/$la_pid/stat" ]; then la_pid=0; fi
case \${la_pid:-0} in *[!0-9]*) la_pid=0;; esac
${ONE}
`;
}

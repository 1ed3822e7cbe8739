import { quote } from "../text/quote";
import { START, STAT } from "./look-program";
import type { ProcessSpec } from "./types";

type Matching = Extract<
  ProcessSpec,
  { commandString?: string; user?: string; fullCmd?: boolean }
>;

/** Bytes and lines of one command line that count: one of two megabytes must not take all the time of a look. */
const BYTES = 131_072;
const LINES = 4096;

/** How many matches are told with their command line, and how much of it: the answer of a host is bounded. */
const TITLES = 8;
export const TITLE_LENGTH = 2000;

/**
 * The processes that match. Each is read by itself, from a file of the kernel's that
 * belongs to it alone: whatever a process writes into its title is its own title, and
 * nothing else. An \`awk\` that stops at a NUL leaves the reading to \`tr\`.
 *
 * A match is read once more after its user is known: it must not be another program by
 * then, which \`exec\` has put in its place. What we have started ourselves to look does
 * not count: our session, and the \`sudo\` before it.
 */
const MATCH = `
function add(line) { all = all (lines++ ? " " : "") line; return lines < ${LINES} && length(all) < ${BYTES} }
function content(file,  line, command) {
  all = ""; lines = 0
  if (slow) {
    command = "tr '\\\\000' ' ' <" file " 2>/dev/null"
    while ((command | getline line) > 0) if (!add(line)) break
    close(command)
  } else {
    while ((getline line < file) > 0) if (!add(line)) break
    close(file)
    gsub(/\\000/, " ", all)
  }
  sub(/[ \\n]+$/, "", all)
  return substr(all, 1, ${BYTES})
}
function matches(pid,  text) {
  text = content("/proc/" pid "/" what)
  if (text != "") seen++
  return text != "" && (pattern == "" || text ~ pattern)
}
# A program with the s-bit runs as its owner, under a title that its caller has chosen.
function belongs(pid,  file, line, f, n, real, effective, nested) {
  file = "/proc/" pid "/status"
  while ((getline line < file) > 0) {
    n = split(line, f, /[ \\t]+/)
    if (f[1] == "Uid:") { real = f[2]; effective = f[3] }
    if (f[1] == "NSpid:") nested = n > 2 && f[3] != ""
  }
  close(file)
  if (nested) return 0
  return user == "" || (user == effective && (real == effective || real == "0"))
}
function judge(pid,  f, begun, above) {
  if (!matches(pid)) return
  if (!stat(pid, f) || !lives(f)) return
  if (f[4] == session || (pid in ours)) return
  begun = f[20]; above = f[2]
  # a title that is just being written may be seen half
  if (!belongs(pid) || !(matches(pid) || matches(pid))) return
  if (!stat(pid, f) || f[20] != begun) return
  parent[pid] = above; start[pid] = begun
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
function title(pid,  text) {
  text = content("/proc/" pid "/cmdline")
  if (text == "") text = content("/proc/" pid "/comm")
  return substr(text, 1, ${TITLE_LENGTH})
}
BEGIN {
  if ("a1" !~ "^[[:alpha:]][[:digit:]]$" || "ab" !~ "^(a|x)b+$") { print "problem the awk of this host is too old"; failed = 1; exit }
  pattern = ENVIRON["la_pattern"]; user = ENVIRON["la_user"]; what = ENVIRON["la_what"]
  recognise(ENVIRON["la_shell"])
  slow = content("/proc/self/cmdline") !~ /[}]  -$/
}
$0 ~ /^\\/proc\\/[0-9]+$/ { judge(substr($0, 7)) }
END {
  if (failed) exit
  if (!seen) { print "problem the list of processes could not be read"; exit }
  for (pid in parent) if (!(parent[pid] in parent)) {
    print "p " pid " " start[pid]
    if (++roots <= ${TITLES}) print "t " pid " " title(pid)
  }
  print "end " (roots + 0) " " now() " " seen
}`;

/** The last two arguments are there to be read: by them \`awk\` sees whether it can read a NUL. */
export function matchProgram(spec: Matching): string {
  return `${START}
la_user=${quote(spec.user ?? "")}
case $la_user in ''|*[!0-9]*) [ -z "$la_user" ] || la_user=$(id -u -- "$la_user" 2>/dev/null) || { echo 'problem no such user'; exit 0; };; esac
if [ "$la_hid" = 1 ] && [ "$la_user" != "$(id -u)" ]; then echo 'problem hidden'; exit 0; fi
la_pattern=${quote(spec.commandString ?? "")} la_what=${spec.fullCmd ? "cmdline" : "comm"} la_shell=$$
export la_pattern la_user la_what la_shell
printf '%s\\n' /proc/[0-9]* | awk ${quote(STAT + MATCH)} '' -
`;
}

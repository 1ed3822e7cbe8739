/** What each look begins with: the boot, ticks per second, and whether others' processes can be seen. */
export const START = `LC_ALL=C; export LC_ALL
IFS= read -r la_boot </proc/sys/kernel/random/boot_id || { echo 'problem no /proc of Linux on this host'; exit 0; }
la_hz=$(getconf CLK_TCK 2>/dev/null) || la_hz=100
la_hid=0; read -r la_x 2>/dev/null </proc/1/stat || la_hid=1
echo "boot $la_boot $la_hz $la_hid"`;

/** awk functions: the fields of /proc/PID/stat after the name, which may itself hold blanks, newlines and brackets. */
export const STAT = `
function stat(pid, f,  file, line, text, n) {
  file = "/proc/" pid "/stat"; text = ""
  while ((getline line < file) > 0) text = text line " "
  close(file)
  while ((n = index(text, ") ")) > 0) text = substr(text, n + 2)
  return split(text, f, " ") >= 20
}
function now(  f) { stat("self", f); return f[20] }
function lives(f) { return f[1] != "Z" && f[1] != "X" }`;

import { type ChildProcess } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { look } from "../../core/process/look";
import type { ProcessSpec, Sighting } from "../../core/process/types";
import { extended, oneHost } from "../ssh/one-host";
import type { Sandbox } from "../support/sandbox";
import { eventually } from "../support/eventually";

/** A program of this name that sleeps as long as it is told to. */
export function sleeper(directory: string, name: string): string {
  const file = path.join(directory, name);
  if (!fs.existsSync(file))
    fs.copyFileSync(fs.realpathSync("/bin/sleep"), file);
  return file;
}

/** In ascending order; what could not be seen fails the test. */
export function pidsOf(sighting: Sighting): number[] {
  if (sighting.kind !== "seen") throw new Error(sighting.reason);
  return sighting.identities
    .map((id) => Number(id.split("/")[1]))
    .sort((a, b) => a - b);
}

/** The program runs in that process, which was another one before its exec. */
export function runningIn(pid: number, file: string): Promise<unknown> {
  return eventually(`${file} runs`, () =>
    fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(file),
  );
}

/** A host to look at, and programs whose names no other process has. */
export function looking() {
  const at = oneHost();
  let count = 0;

  const see = (spec: ProcessSpec) => look(at.host, spec, { timeout: 30 });
  const seen = async (spec: ProcessSpec) => {
    const sighting = await see(spec);
    if (sighting.kind !== "seen") throw new Error(sighting.reason);
    return sighting;
  };
  /** A name that no other process has: a copy of `sleep` to be run. */
  const program = (name = `la${process.pid}x${count++}`) => {
    const file = sleeper(at.sandbox.dir, name);
    return { name, file, spec: { commandString: `^${name.slice(0, 15)}$` } };
  };
  const daemon = async (file: string, args = ["300"]) => {
    const child = at.sandbox.spawn(file, args, { stdio: "ignore" });
    await runningIn(child.pid!, file);
    return child;
  };
  const end = async (child: ChildProcess) => {
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  };

  return extended(at, {
    see,
    seen,
    pids: pidsOf,
    program,
    daemon,
    end,
  });
}

/**
 * A process that reads what the look itself has in its arguments, and makes of each path there an entry of
 * its own title: as if the file of that process held this text. It runs until it is ended.
 */
export async function imitator(
  sandbox: Sandbox,
  victim: number,
  text: string,
): Promise<ChildProcess> {
  const liar = sandbox.spawn(
    "perl",
    ["-e", IMITATE, `${victim}`, text, "F".repeat(900)],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  await new Promise((begun) => liar.stdout!.once("data", begun));
  return liar;
}

const IMITATE = `
$| = 1; my ($victim, $text) = @ARGV; my $seen = 0; print "begun\\n";
while (1) {
  open my $load, "<", "/proc/loadavg"; my ($last) = <$load> =~ /(\\d+)$/;
  for my $p ($last - 8 .. $last) {
    next if $p == $seen;
    open my $f, "<", "/proc/$p/cmdline" or next; local $/; my $c = <$f> // next;
    my ($prefix) = $c =~ m{\\0([^\\0]*)\\d+/(?:cmdline|comm)\\0} or next;
    $0 = "x\\n==> $prefix$victim/cmdline <==\\n$text\\n$prefix$victim/cmdline:$text\\n"; $seen = $p;
  }
}`;

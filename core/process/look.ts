import type { RemoteHost, RunResult } from "../ssh/types";
import { lastLines } from "../text/lines";
import { BOOT_PROGRAM } from "./boot-program";
import { matchProgram } from "./match-program";
import { pidFileProgram, unitProgram } from "./pid-program";
import { readSighting } from "./report";
import type { ProcessSpec, Sighting } from "./types";

export interface LookOptions {
  /** Seconds. */
  timeout: number;
  /** `true`: as root; a string: as that user. */
  sudo?: boolean | string;
  sudoPassword?: string;
  signal?: AbortSignal;
}

/** Looks once at the processes of a host. Never rejects, and never takes "could not be seen" for "is down". */
export async function look(
  host: RemoteHost,
  spec: ProcessSpec,
  { signal, ...rights }: LookOptions,
): Promise<Sighting> {
  if (host.look) return host.look(spec);
  const script = { body: programOf(spec), alone: true, ...rights };
  const result = await host.run(script, signal ? { signal } : {});
  const problem = describeEnding(result);
  if (problem) return { kind: "unknown", reason: problem };
  return readSighting(spec, result.stdout);
}

function programOf(spec: ProcessSpec): string {
  if ("boot" in spec) return BOOT_PROGRAM;
  if ("unit" in spec) return unitProgram(spec.unit);
  if ("pidFile" in spec) return pidFileProgram(spec.pidFile);
  return matchProgram(spec);
}

function describeEnding(result: RunResult): string | null {
  const said = result.stderr.trim().split("\n").at(-1)?.slice(0, 300);
  const note = said ? `: ${said}` : "";
  if (result.started === false) return neverBegun(result);
  switch (result.kind) {
    case "unknown":
      return result.reason;
    case "timeout":
      return `the look took longer than ${result.seconds} s`;
    case "signal":
      return `the look was ended by ${result.signal}`;
    case "exit":
      return result.code === 0
        ? null
        : `the look ended with exit ${result.code}${note}`;
  }
}

/** What ran there instead says why, on either output. */
function neverBegun(result: RunResult): string {
  const said = lastLines(`${result.stderr}\n${result.stdout}`).join(" / ");
  const how =
    result.kind === "unknown"
      ? result.reason
      : `the host did not begin it, and answered ${
          result.kind === "exit" ? `exit ${result.code}` : result.kind
        }`;
  return said ? `${how}: ${said}` : how;
}

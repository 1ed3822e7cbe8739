import { LinkError, type RunResult } from "./types";

/** One run, as the record of a guard tells it. */
export interface RunRecord {
  number: number;
  runId: string;
  state: string;
  exit: number;
  /** Seconds since the boot of then. */
  begun: number;
  boot: string;
}

/** What a guard answers. */
export type Answer =
  | {
      state: "told";
      /** The newest first. */
      records: RunRecord[];
      /** Whether the run that was asked for can begin no more. */
      revoked: boolean;
      /** Seconds. */
      uptime: number;
      boot: string;
    }
  | { state: "running"; runId: string }
  | { state: "unavailable"; reason: string };

/** @throws LinkError */
export function readAnswer(result: RunResult): Answer {
  if (result.kind === "unknown")
    throw new LinkError(`the guard could not be asked: ${result.reason}`);
  const lines = result.stdout.trim().split("\n");
  const of = (kind: string) =>
    lines
      .filter((line) => line === kind || line.startsWith(`${kind} `))
      .map((line) => line.split(" ").slice(1));
  if (of("noflock").length)
    return { state: "unavailable", reason: "the host has no flock" };
  const [noPlace] = of("noplace");
  if (noPlace)
    return {
      state: "unavailable",
      reason: noPlace.join(" ") || "the host has no place for a guard",
    };
  const [now] = of("now");
  if (now && of("free").length && result.kind === "exit") {
    const [uptime = "", boot = ""] = now;
    return {
      state: "told",
      records: of("line")
        .map(recordOf)
        .sort((a, b) => b.number - a.number),
      revoked: of("revoked").length > 0,
      uptime: Number(uptime),
      boot,
    };
  }
  const busy = of("busy").at(-1);
  if (busy) return { state: "running", runId: busy[0] ?? "unknown" };
  return { state: "unavailable", reason: whyNot(result) };
}

function recordOf(words: string[]): RunRecord {
  const [number, runId = "", state = "", exit, begun, , boot = ""] = words;
  return {
    number: Number(number),
    runId,
    state,
    exit: Number(exit),
    begun: Number(begun),
    boot,
  };
}

function whyNot(result: RunResult): string {
  const said = result.stderr.trim().split("\n").at(-1);
  return `the host did not tell of its guard${said ? `: ${said}` : ""}`;
}

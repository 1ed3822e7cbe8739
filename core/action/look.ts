import { BOOT } from "../process/boot";
import { look as lookAtHost } from "../process/look";
import type { ProcessSpec, Sighting } from "../process/types";
import type { RunResult } from "../ssh/types";
import type { Context } from "./context";
import { dialFailure } from "./dial";
import { fate, printed, StepFailure } from "./failure";
import { SYSTEMD_RUNS } from "./service";
import type { Step } from "./types";

/** Seconds for one look at a host. */
export const LOOK_TIMEOUT = 30;

export type Seen = Extract<Sighting, { kind: "seen" }>;

/** What this host can be asked for: its boot, if it is to be rebooted; the processes that are given, else the unit of the service where systemd runs. */
export async function watched(context: Context): Promise<ProcessSpec | null> {
  const { process, act } = context.spec;
  if (act.kind === "reboot") return BOOT;
  if (process || act.kind !== "service") return process;
  const result = await greet(context, SYSTEMD_RUNS);
  return result.code === 0 ? { unit: act.service } : null;
}

/**
 * The first script on a host, before the lock: whatever runs something else than our shell there
 * (a forced command, an account without a shell, a restricted one) ends here, in its own words. @throws StepFailure
 */
export async function greet(
  context: Context,
  body = ":",
): Promise<Extract<RunResult, { kind: "exit" }>> {
  const result = await context.link.host.run({ body, timeout: LOOK_TIMEOUT });
  if (result.kind === "exit" && result.started !== false) return result;
  throw new StepFailure("look", `no script can be run there: ${fate(result)}`, {
    story: printed(context, result),
    summary: "no script can be run there",
  });
}

/** One look; what could not be seen is told as such, never taken for "down". */
export async function sight(
  context: Context,
  process: ProcessSpec,
): Promise<Sighting> {
  const { sudo, sudoPassword } = context.spec.act;
  return lookAtHost(context.link.host, process, {
    timeout: LOOK_TIMEOUT,
    ...(sudo === undefined ? {} : { sudo }),
    ...(sudoPassword === undefined ? {} : { sudoPassword }),
  });
}

/** A look that must succeed. Nothing was done yet, so a lost link is tried once more. */
export async function look(
  context: Context,
  process: ProcessSpec | null,
): Promise<Seen | null> {
  if (!process) return null;
  let seen = await sight(context, process);
  if (seen.kind === "unknown") {
    await reconnect(context);
    seen = await sight(context, process);
  }
  if (seen.kind === "unknown") throw unseen("look", seen.reason);
  mustBeLoaded(context, seen);
  context.journal.look = seen;
  return seen;
}

/** A service that is acted on must be there before; a unit that a command is watched by may come with the command. */
function mustBeLoaded({ spec }: Context, { loadState }: Seen): void {
  if (!loadState || spec.process || spec.act.kind !== "service") return;
  const unit = spec.act.service;
  throw new StepFailure("look", `the unit ${unit} is ${loadState}`, {
    story: [`to see it on the host: systemctl status -- '${unit}'`],
  });
}

/** Another connection, tried for once. @throws StepFailure */
export async function reconnect(context: Context): Promise<void> {
  const { signal } = context.deps;
  try {
    await context.link.redial({ tries: 1, signal });
  } catch (error) {
    throw dialFailure(error);
  }
}

function unseen(step: Step, reason: string): StepFailure {
  return new StepFailure(step, `the processes could not be seen: ${reason}`, {
    summary: "the processes could not be seen",
  });
}

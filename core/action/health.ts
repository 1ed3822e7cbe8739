import type { ProcessSpec } from "../process/types";
import type { RunResult } from "../ssh/types";
import { duration } from "../text/duration";
import type { Context } from "./context";
import { endedWell, exitOf, fate, printed, StepFailure } from "./failure";
import type { Seen } from "./look";
import { poll } from "./poll";
import { sideScript } from "./script";
import type { HealthProbe } from "./types";
import { sightAgain, vanished } from "./verify";

/**
 * Asks until it is healthy, and has stayed so for `minHealthy` seconds with the very
 * processes that `verify` saw: another identity meanwhile is a crash loop.
 */
export async function health(
  context: Context,
  process: ProcessSpec | null,
  start: Seen | null,
): Promise<void> {
  const { health } = context.spec;
  if (!health) return;
  const { clock } = context.deps;
  let since: number | undefined;
  let last: RunResult | undefined;
  const healthy = await poll(context, health, async (left) => {
    sayHow(context, health, since);
    last = await ask(context, health, left);
    if (process && start) await mustBeSame(context, process, start);
    if (!endedWell(last)) {
      since = undefined;
      return false;
    }
    since ??= clock.now();
    return clock.now() - since >= health.minHealthy;
  });
  if (!healthy) throw unhealthy(context, health, last);
}

async function ask(
  context: Context,
  health: HealthProbe,
  left: number,
): Promise<RunResult> {
  const script = sideScript(context, health, left);
  const result = await context.link.host.run(script);
  if (result.kind === "unknown")
    // the next try needs a connection; if there is none, that is its answer
    await context.link.redial({ tries: 1 }).catch(() => {});
  return result;
}

async function mustBeSame(
  context: Context,
  process: ProcessSpec,
  start: Seen,
): Promise<void> {
  const now = await sightAgain(context, process);
  if (now.kind === "unknown") return; // asked again with the next try
  const gone = vanished(start, now);
  if (gone.length === 0) return;
  context.journal.after = now.identities;
  if ("boot" in process)
    throw new StepFailure("health", "the host was rebooted once more", {
      summary: "the host did not stay up",
    });
  const pids = (ids: string[]) =>
    ids.map((id) => id.split("/")[1]).join(", ") || "none";
  throw new StepFailure(
    "health",
    `the process did not stay: pid ${pids(gone)} is gone, now there is ${pids(now.identities)}`,
    { summary: "the process did not stay: crash loop" },
  );
}

function unhealthy(
  context: Context,
  health: HealthProbe,
  last: RunResult | undefined,
): StepFailure {
  const { minHealthy, timeout } = health;
  const soak = minHealthy ? ` for ${duration(minHealthy)}` : "";
  const said = last ? `: last ${fate(last)}` : "";
  const exit = last && exitOf(last);
  return new StepFailure(
    "health",
    `not healthy${soak} in ${duration(timeout)}${said}`,
    {
      story: last ? printed(context, last) : [],
      ...(exit === undefined ? {} : { exit }),
      summary: `not healthy${soak} in ${duration(timeout)}`,
    },
  );
}

function sayHow(
  context: Context,
  { minHealthy }: HealthProbe,
  since: number | undefined,
): void {
  if (since === undefined)
    return context.say("health", "asking whether it is healthy");
  const seconds = context.deps.clock.now() - since;
  context.say(
    "health",
    `healthy for ${duration(seconds)} of ${duration(minHealthy)}`,
    { soak: { seconds, of: minHealthy } },
  );
}

import { goOn, type Context } from "./context";
import { endedWell, exitOf, fate, printed, StepFailure } from "./failure";
import { sideScript } from "./script";
import type { SideCommand } from "./types";

/** Undrain will be owed: only where there is one. */
export function drainedBy({ spec, journal }: Context): boolean {
  return spec.undrain !== undefined || journal.drained;
}

/** Takes the host out of service. That undrain is owed stands in the holder already. */
export async function drain(
  context: Context,
  drain: SideCommand,
): Promise<void> {
  goOn(context, "drain");
  context.say("drain", "draining");
  const drained = drainedBy(context);
  Object.assign(context.journal, { drained, keep: true, touched: true });
  const script = sideScript(context, drain, drain.timeout);
  const result = await context.link.host.run(script);
  if (endedWell(result)) return;
  const exit = exitOf(result);
  throw new StepFailure("drain", fate(result), {
    story: printed(context, result),
    ...(exit === undefined ? {} : { exit }),
    summary: summary(result.kind),
  });
}

function summary(kind: string): string {
  return kind === "unknown" ? "the connection was lost" : "drain failed";
}

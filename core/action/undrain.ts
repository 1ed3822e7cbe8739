import type { Context } from "./context";
import { endedWell, exitOf, fate, printed, StepFailure } from "./failure";
import { sideScript } from "./script";

/** Puts the host back into service, if it was taken out in this run or an earlier one. */
export async function undrain(context: Context): Promise<void> {
  const { undrain } = context.spec;
  const { journal } = context;
  if (journal.drainedElsewhere) throw otherDrained();
  if (!journal.drained) return;
  if (!undrain)
    context.warnings.push(
      "an earlier run drained the host, and there is no undrain any more: it may be out of service",
    );
  else {
    context.say("undrain", "undraining");
    const script = sideScript(context, undrain, undrain.timeout);
    const result = await context.link.host.run(script);
    if (!endedWell(result)) {
      const exit = exitOf(result);
      throw new StepFailure("undrain", fate(result), {
        story: printed(context, result),
        ...(exit === undefined ? {} : { exit }),
        summary: "undrain failed",
      });
    }
  }
  journal.drained = false;
}

/** Its owner has the command: the lock stays for that one. */
function otherDrained(): StepFailure {
  return new StepFailure(
    "undrain",
    "an earlier run of the same owner drained the host, and this resource has no undrain",
    {
      story: [
        "let the resource that drained it repair it, or give this one its undrain for one run",
      ],
      summary: "drained by another resource, which has the undrain",
    },
  );
}

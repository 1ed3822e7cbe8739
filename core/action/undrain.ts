import type { Context } from "./context";
import { ending, exitOf, printed, StepFailure } from "./failure";
import { sideScript } from "./script";

/** Puts the host back into service, if it was taken out in this run or an earlier one. */
export async function undrain(context: Context): Promise<void> {
  const { undrain } = context.spec;
  const { journal } = context;
  if (!journal.drained) return;
  if (undrain) {
    context.say("undrain", "undraining");
    const script = sideScript(context, undrain, undrain.timeout);
    const result = await context.link.host.run(script);
    if (result.kind !== "exit" || result.code !== 0) {
      const exit = exitOf(result);
      throw new StepFailure("undrain", ending(result), {
        story: printed(context.spec.show, result),
        ...(exit === undefined ? {} : { exit }),
        summary: "undrain failed",
      });
    }
  }
  journal.drained = false;
}

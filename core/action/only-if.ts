import { goOn, type Context } from "./context";
import { exitOf, exitOfItself, fate, printed, StepFailure } from "./failure";
import { sideScript } from "./script";

/** What the command exits with where there is nothing to do. */
const NOT_NEEDED = 1;

/** Asks the host whether it needs the action at all: exit 0 yes, 1 no. All else is no answer. @throws StepFailure */
export async function isNeeded(context: Context): Promise<boolean> {
  const { onlyIf } = context.spec;
  if (!onlyIf) return true;
  goOn(context, "onlyIf");
  context.say("onlyIf", "asking whether it is needed");
  const script = sideScript(context, onlyIf, onlyIf.timeout);
  const { signal } = context.deps;
  const result = await context.link.host.run(script, { signal });
  const exit = exitOfItself(result);
  if (exit === 0) return true;
  if (exit === NOT_NEEDED) return false;
  goOn(context, "onlyIf"); // ended by our own signal: that is no answer
  const told = exitOf(result);
  throw new StepFailure("onlyIf", `neither yes nor no: ${fate(result)}`, {
    story: printed(context, result),
    ...(told === undefined ? {} : { exit: told }),
    summary: "onlyIf said neither yes nor no",
  });
}

import type { RunResult } from "../ssh/types";
import { duration } from "../text/duration";
import { goOn, type Context } from "./context";
import {
  ending,
  exitOf,
  exitOfItself,
  fate,
  printed,
  StepFailure,
} from "./failure";
import { poll } from "./poll";
import { sideScript } from "./script";
import type { Probe } from "./types";

/** EX_TEMPFAIL of sysexits.h: not yet, ask again. */
const NOT_YET = 75;

/** Asks whether this host may act now: exit 0 yes, 75 not yet, anything else never. */
export async function gate(context: Context): Promise<void> {
  const { gate } = context.spec;
  if (!gate) return;
  let last: RunResult | undefined;
  const { signal } = context.deps;
  const ask = async (left: number) => {
    goOn(context, "gate");
    context.say("gate", last ? "not yet, asking again" : "asking");
    last = await context.link.host.run(sideScript(context, gate, left), {
      signal,
    });
    return answer(context, gate, last);
  };
  if (await poll(context, gate, ask, signal)) return;
  goOn(context, "gate");
  throw refused(context, `not open in ${duration(gate.timeout)}`, last);
}

function answer(context: Context, gate: Probe, result: RunResult): boolean {
  const exit = exitOfItself(result);
  if (exit === 0) return true;
  if (exit === NOT_YET) return false;
  goOn(context, "gate"); // ended by our own signal: that is no answer
  if (result.kind === "timeout")
    throw refused(context, `no answer in ${duration(gate.timeout)}`, result);
  if (result.kind === "unknown" || result.started === false)
    throw refused(context, fate(result), result);
  throw refused(context, `it says never (${ending(result)})`, result);
}

function refused(
  context: Context,
  problem: string,
  result: RunResult | undefined,
): StepFailure {
  const exit = result && exitOf(result);
  return new StepFailure("gate", problem, {
    story: result ? printed(context, result) : [],
    ...(exit === undefined ? {} : { exit }),
  });
}

import { Command } from "commander";
import { setLimits, type Limits } from "../../core/lock";
import { perform, withSession } from "../context";
import { usage } from "../errors";
import { findLock } from "../find";
import { operator, printChange } from "../operator";
import { count, countOrNone, limitsGiven, type LimitOptions } from "../options";

interface Options extends LimitOptions {
  message?: string;
}

export const set = new Command("set")
  .argument("<name>", "the lock")
  .option("--max-holders <n>", "groups that may hold at once", count)
  .option(
    "--max-per-group <n>",
    'holders of one group at once, or "none"',
    countOrNone,
  )
  .option(
    "--max-failures <n>",
    "so many failed holders stop every new grant",
    count,
  )
  .option("-m, --message <why>", "why; kept in the lock's history")
  .summary("change the lock's own limits")
  .description(
    `The limits belong to the lock: who comes with others gets an error with both
values. Change them here and in the programs. Refused while a slot is in use
that would be above the new --max-holders.`,
  )
  .addHelpText(
    "after",
    `
Examples:
  locked-action set web --max-holders 2 -m "two at a time from now on"
  locked-action set web --max-per-group none --max-failures 1`,
  )
  .action((name: string, options: Options, command: Command) =>
    perform(command, async (context) => {
      const { message } = options;
      const wanted = limitsGiven(options);
      if (Object.keys(wanted).length === 0)
        throw usage(
          "nothing to set",
          "give --max-holders, --max-per-group or --max-failures",
        );
      await withSession(context, async (session) => {
        const lock = await findLock(context, session, name);
        const by = operator();
        const why = message?.trim() || "no reason given";
        const changed = await setLimits(session, lock.path, wanted, {
          ...{ by, why },
        });
        const limits = { ...lock.limits, ...wanted };
        const text = changed
          ? `${name}: ${say(lock.limits)} → ${say(limits)}`
          : `${name}: ${say(limits)} already`;
        printChange(context, text, {
          ...{ lock: name, change: "limits", changed, by, why },
          ...{ holder: null, limits, warning: null },
        });
      });
    }),
  );

function say({ maxHolders, maxPerGroup, maxFailures }: Limits): string {
  return `max holders ${maxHolders}, max per group ${maxPerGroup ?? "none"}, max failures ${maxFailures}`;
}

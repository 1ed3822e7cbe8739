import { Command } from "commander";
import { forgetMirrors, setLimits, type Limits } from "../../core/lock";
import { whoWeAre } from "../../core/text/who";
import { perform, withSession } from "../context";
import { usage } from "../errors";
import { findLock } from "../find";
import { printChange } from "../operator";
import {
  count,
  countOrNone,
  limitsGiven,
  type LimitOptions,
  word,
} from "../options";

interface Options extends LimitOptions {
  message?: string;
  /** False: forget it. */
  chef: boolean;
}

export const set = new Command("set")
  .argument("<name>", "the lock", word)
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
  .option("--no-chef", "forget the Chef locks that it went with")
  .option("-m, --message <why>", "why; kept in the lock's history")
  .summary("change the lock's own limits")
  .description(
    `The limits belong to the lock: who comes with others gets an error with both
values. Change them here and in the programs. Refused while a slot is in use
that would be above the new --max-holders. A lock knows the Chef locks that it is
taken together with; once no Chef node uses them any more: --no-chef.`,
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
      const wanted = limitsGiven(options);
      const limits = Object.keys(wanted).length > 0;
      if (!limits && options.chef)
        throw usage(
          "nothing to set",
          "give --max-holders, --max-per-group, --max-failures or --no-chef",
        );
      const act = {
        by: whoWeAre(),
        why: options.message?.trim() || "no reason given",
      };
      await withSession(context, async (session) => {
        const lock = await findLock(context, session, name);
        const changed =
          limits && (await setLimits(session, lock.path, wanted, act));
        const forgot =
          !options.chef && (await forgetMirrors(session, lock.path, act));
        const now = { ...lock.limits, ...wanted };
        const said = [
          ...(limits
            ? [
                changed
                  ? `${say(lock.limits)} → ${say(now)}`
                  : `${say(now)} already`,
              ]
            : []),
          ...(options.chef
            ? []
            : [`goes with no Chef lock${forgot ? " any more" : ""}`]),
        ];
        printChange(context, `${name}: ${said.join("; ")}`, {
          ...{ lock: name, change: "limits", changed: changed || forgot },
          ...{ ...act, holder: null, limits: now, warning: null },
        });
      });
    }),
  );

function say({ maxHolders, maxPerGroup, maxFailures }: Limits): string {
  return `max holders ${maxHolders}, max per group ${maxPerGroup ?? "none"}, max failures ${maxFailures}`;
}

import { Command } from "commander";
import {
  clear as clearHolder,
  describeHolder,
  type HolderView,
} from "../../core/lock";
import { whoWeAre } from "../../core/text/who";
import { perform, withSession, type Context } from "../context";
import { CommandError } from "../errors";
import { EXIT } from "../exit-codes";
import { findHolder, findLock } from "../find";
import { holderToJson } from "../lock-json";
import { holderBlock } from "../lock-page";
import { consent, printChange, reasonFor } from "../operator";

interface Options {
  holder: string;
  message?: string;
  yes?: boolean;
  forceLive?: boolean;
}

export const clear = new Command("clear")
  .argument("<name>", "the lock")
  .requiredOption("--holder <id>", "which holder, as show prints it")
  .option("-m, --message <why>", "why; kept in the lock's history")
  .option("-y, --yes", "do not ask")
  .option("--force-live", "even if its run is at work")
  .summary("take the lock away from one holder")
  .description(
    `Removes exactly this holder, for good: whoever waits is granted next. Shows what
it is about to clear and asks; without a terminal --yes and -m are needed. What
failed is not repaired by it: a Pulumi program still owes its restart, and tries
again at its next "pulumi up".

A live holder is refused: its run would go on without the lock. --force-live
does it all the same; the run stops before its next step.`,
  )
  .addHelpText(
    "after",
    `
Examples:
  locked-action clear web --holder 3f9a1c2b -m "web1 was repaired by hand"
  locked-action clear web --holder "$ID" -m "host is gone" --yes`,
  )
  .action((name: string, options: Options, command: Command) =>
    perform(command, async (context) => {
      await withSession(context, async (session) => {
        const lock = await findLock(context, session, name);
        const holder = findHolder(context, lock, options.holder);
        if (holder.state === "live" && !options.forceLive)
          throw refuseLive(holder);
        showHolder(context, holder, options);
        const why = await reasonFor(context, options.message);
        const yes = options.yes === true;
        await consent(context, `clear this holder of ${name}?`, { yes });
        const by = whoWeAre();
        const { forceLive } = options;
        const act = { by, why, forceLive: forceLive === true };
        const { id } = holder;
        const removal = await clearHolder(session, lock.path, id, act);
        const changed = removal !== "gone";
        const { mirror } = holder.record ?? {};
        const warning =
          removal === "withoutMirror"
            ? `the Chef lock ${mirror} was not this holder's any more, and was left alone`
            : null;
        printChange(
          context,
          changed
            ? `cleared holder ${id} of ${name}`
            : `holder ${id} of ${name} was gone already`,
          {
            ...{ lock: name, change: "cleared", changed, by, why },
            ...{ holder: holderToJson(holder), limits: null, warning },
          },
        );
      });
    }),
  );

function showHolder(
  context: Context,
  holder: HolderView,
  { yes }: Options,
): void {
  if (!yes) context.note(holderBlock(context, holder).join("\n").trim());
}

function refuseLive(holder: HolderView): CommandError {
  return new CommandError(
    EXIT.refused,
    `holder ${holder.id} is live: ${describeHolder(holder)}`,
    [
      "its run is at work, and would go on without the lock",
      "end that run, or wait for it; to clear it all the same: --force-live",
    ],
  );
}

import { jsonText } from "../json-text";
import { Command } from "commander";
import { chefPath } from "../chef-option";
import { perform, withSession } from "../context";
import { findLock } from "../find";
import { lockToJson } from "../lock-json";
import { lockPage } from "../lock-page";
import { word } from "../options";

export const show = new Command("show")
  .argument("<name>", "the lock", word)
  .option("--chef <path>", "and this lock of Chef's cookbook", chefPath)
  .summary("one lock: who holds it, what failed, who waits, what to do")
  .description(
    `Limits, hold, holders with the reason of their failure, waiters in their order,
and the commands for what can be done next.`,
  )
  .addHelpText(
    "after",
    `
Examples:
  locked-action show web
  locked-action show web --chef /lock/web     (where only Chef has used it yet)
  locked-action show web --json | jq -r '.holders[] | select(.state == "failed") | .id'`,
  )
  .action((name: string, { chef }: { chef?: string }, command: Command) =>
    perform(command, async (context) => {
      const lock = await withSession(context, (session) =>
        findLock(context, session, name, chef),
      );
      context.print(
        context.json ? jsonText(lockToJson(lock)) : lockPage(context, lock),
      );
    }),
  );

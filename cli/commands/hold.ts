import { Command } from "commander";
import {
  describeHold,
  hold as holdLock,
  unhold as unholdLock,
} from "../../core/lock";
import { whoWeAre } from "../../core/text/who";
import { perform, withSession } from "../context";
import { findLock } from "../find";
import { printChange, reasonFor } from "../operator";
import { word } from "../options";

interface Options {
  message?: string;
}

export const hold = new Command("hold")
  .argument("<name>", "the lock", word)
  .option("-m, --message <why>", "why; whoever waits gets to read it")
  .summary("let nobody new act: stop a roll from outside")
  .description(
    `From now on nobody is granted the lock; who holds it goes on and releases it.
Whoever waits goes on waiting, and fails with your name and reason when its time
is over. A second hold replaces the first. Undone by unhold.`,
  )
  .addHelpText(
    "after",
    `
Examples:
  locked-action hold web -m "incident 4711"`,
  )
  .action((name: string, { message }: Options, command: Command) =>
    perform(command, async (context) => {
      await withSession(context, async (session) => {
        const lock = await findLock(context, session, name);
        const why = await reasonFor(context, message);
        const by = whoWeAre();
        await holdLock(session, lock.path, { by, why });
        const before = lock.hold ? `; before: ${describeHold(lock.hold)}` : "";
        const warning =
          lock.mirrors.length > 0
            ? `Chef nodes are not stopped by it: they use ${lock.mirrors.join(", ")}`
            : null;
        printChange(context, `${name} is on hold: ${why}${before}`, {
          ...{ lock: name, change: "hold", changed: true, by, why },
          ...{ holder: null, limits: lock.limits, warning },
        });
      });
    }),
  );

export const unhold = new Command("unhold")
  .argument("<name>", "the lock", word)
  .option("-m, --message <why>", "why; kept in the lock's history")
  .summary("let it go on: the first who waits is granted at once")
  .addHelpText(
    "after",
    `
Examples:
  locked-action unhold web -m "incident 4711 is over"`,
  )
  .action((name: string, { message }: Options, command: Command) =>
    perform(command, async (context) => {
      await withSession(context, async (session) => {
        const lock = await findLock(context, session, name);
        const by = whoWeAre();
        const why = message?.trim() || "no reason given";
        const changed = await unholdLock(session, lock.path, { by, why });
        const text = changed
          ? `${name} is no longer on hold`
          : `${name} was not on hold`;
        printChange(context, text, {
          ...{ lock: name, change: "unhold", changed, by, why },
          ...{ holder: null, limits: lock.limits, warning: null },
        });
      });
    }),
  );

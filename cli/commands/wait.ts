import { jsonText } from "../json-text";
import { oneLine } from "../../core/text/lines";
import { Command, Option } from "commander";
import {
  describeAge,
  describeChefHolder,
  describeHolder,
  type LockView,
} from "../../core/lock";
import { chefPath } from "../chef-option";
import { perform, withSession, type Context } from "../context";
import { CommandError } from "../errors";
import { EXIT } from "../exit-codes";
import { findLock } from "../find";
import { LiveLocks } from "../live-locks";
import { nextSteps } from "../next-steps";
import { seconds, word } from "../options";

interface Options {
  timeout: number;
  onFailedHolder: "fail" | "wait";
  chef?: string;
}

export const wait = new Command("wait")
  .argument("<name>", "the lock", word)
  .option("--timeout <seconds>", "how long at most", seconds, 900)
  .option("--chef <path>", "and for this lock of Chef's cookbook", chefPath)
  .addOption(
    new Option("--on-failed-holder <what>", "when a holder has failed")
      .choices(["fail", "wait"])
      .default("fail"),
  )
  .summary("wait until nobody holds the lock and nobody waits for it")
  .description(
    `Waits until nobody holds the lock and nobody waits for it: the end of a roll, say.
Takes nothing: somebody may come right afterwards (to act under the lock: run).
Exit code 4 if that takes longer than --timeout, and as soon as a holder has
failed, for then nobody goes on by himself.`,
  )
  .addHelpText(
    "after",
    `
Examples:
  locked-action wait web --timeout 3600 && echo "the roll is over"
  locked-action wait web --chef /lock/web     (where only Chef has used it yet)`,
  )
  .action((name: string, options: Options, command: Command) =>
    perform(command, async (context) => {
      const began = performance.now();
      await withSession(context, async (session) => {
        const { chef } = options;
        await findLock(context, session, name, chef);
        const live = new LiveLocks(session, context.where.root, [name], {
          most: 1,
          chef,
        });
        const late = AbortSignal.timeout(options.timeout * 1000);
        try {
          await untilFree(context, live, name, options, late);
        } finally {
          live.close();
        }
      });
      const waitedSeconds = (performance.now() - began) / 1000;
      context.print(
        context.json
          ? jsonText({ lock: name, free: true, waitedSeconds })
          : `${oneLine(name)} is free (waited ${describeAge(waitedSeconds)})`,
      );
    }),
  );

async function untilFree(
  context: Context,
  live: LiveLocks,
  name: string,
  { timeout, onFailedHolder }: Options,
  late: AbortSignal,
): Promise<void> {
  for (;;) {
    await live.refresh();
    const lock = live.locks.get(name)?.view;
    const { holders = [], waiters = [], chef = [] } = lock ?? {};
    const known = live.connected;
    if (known && holders.length + waiters.length + chef.length === 0) return;
    const failed = holders.find(({ state }) => state === "failed");
    if (lock && failed && onFailedHolder === "fail")
      throw notFree(
        context,
        lock,
        `: ${oneLine(describeHolder(failed), 1000)}`,
      );
    if (late.aborted)
      throw known && lock
        ? notFree(context, lock, ` in ${timeout} s`)
        : new CommandError(
            EXIT.unreachable,
            `lock ${name}: not seen free in ${timeout} s: ZooKeeper is not reachable`,
          );
    await live.changed(AbortSignal.any([late, context.signal]));
    if (context.signal.aborted) throw context.signal.reason;
  }
}

function notFree(context: Context, lock: LockView, how: string): CommandError {
  const { name, holders, waiters, more, chef } = lock;
  return new CommandError(EXIT.notGot, `lock ${name}: not free${how}`, [
    ...holders.map((holder) =>
      oneLine(`holder: ${describeHolder(holder)}`, 1000),
    ),
    ...chef.map((one) => `holder: ${describeChefHolder(one)}`),
    `${waiters.length + more} wait for it`,
    ...nextSteps(context, lock).filter((step) => !step.startsWith("wait ")),
  ]);
}

import { Command, Option } from "commander";
import { perform, withOwnSession } from "../context";
import { locateCommand } from "../local-command";
import { count, countOrNone, seconds } from "../options";
import type { RunOptions } from "../run-request";
import { runUnderLock } from "../run-under-lock";

export const run = new Command("run")
  .argument("<name>", "the lock")
  .argument("<command...>", "what to run, after --")
  .option(
    "--data <data>",
    "lock data: equal data is one group (default: target)",
  )
  .option("--target <name>", "the machine it is about (default: this one)")
  .option(
    "--subject <text>",
    "what on the machine it is about (default: the command)",
  )
  .option("--timeout <seconds>", "without any change of holders", seconds, 900)
  .option("--max-wait <seconds>", "in all", seconds, 86_400)
  .option(
    "--owner-grace <seconds>",
    "for the owner of a failed holder to come back",
    seconds,
    30,
  )
  .addOption(
    new Option("--on-failed-holder <what>", "when a holder has failed")
      .choices(["fail", "wait"])
      .default("fail"),
  )
  .option("--max-holders <n>", "as the lock has it (new: 1)", count)
  .option("--max-per-group <n>", "as the lock has it (new: none)", countOrNone)
  .option("--max-failures <n>", "as the lock has it (new: 1)", count)
  .option(
    "--chef <path>",
    "the Chef lock to hold with it (default: the one it is known to go with)",
  )
  .option("--no-chef", "leave Chef alone")
  .summary("run a command of this machine under the lock")
  .description(
    `Takes the lock as a LockedAction does, runs the command, gives the lock back. If
the command fails, the lock is kept, so that nobody else goes on: the same run
again takes it over, or an operator clears it. Who runs again is known by lock,
target and subject; the subject is the command with a hash of its arguments,
unless --subject gives it a name that outlives changes of them.

The command finds LOCKED_ACTION_NAME, LOCKED_ACTION_FENCING_TOKEN and
LOCKED_ACTION_RUN_ID in its environment; it gets our input, output and signals.
Exit code: that of the command, 128 + N if signal N ended it, 127 if there is no
such command (the lock is not taken then). Before it begins, and if the lock is
lost or its release is in doubt, those below; a line on stderr says so. With
--json one document on stderr as the last line.`,
  )
  .addHelpText(
    "after",
    `
Examples:
  locked-action run migrate -- ./migrate.sh --all
  locked-action run web --data rack7 --target web1 -- systemctl restart nginx`,
  )
  .action(
    (name: string, words: string[], options: RunOptions, command: Command) =>
      perform(command, async (context) => {
        const [first = "", ...args] = words;
        const file = locateCommand(first, process.env);
        return withOwnSession(context, (session) =>
          runUnderLock(context, session, name, [file, ...args], options),
        );
      }),
  );

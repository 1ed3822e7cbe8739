import { Command, Option } from "commander";
import { perform, withOwnSession } from "../context";
import { locateCommand } from "../run/local-command";
import {
  count,
  countOrNone,
  seconds,
  secondsOrZero,
  type GlobalOptions,
  word,
} from "../options";
import type { RunOptions } from "../run/request";
import { isSkipped, runWithoutLock } from "../run/without-lock";
import { runUnderLock } from "../run/under-lock";

export const run = new Command("run")
  .argument("<name>", "the lock", word)
  .argument("<command...>", "what to run, after --")
  .option(
    "--data <data>",
    "lock data: equal data is one group (default: target)",
    word,
  )
  .option(
    "--target <name>",
    "the machine it is about (default: this one)",
    word,
  )
  .option(
    "--subject <text>",
    "what on the machine it is about (default: the command)",
    word,
  )
  .option(
    "--timeout <seconds>",
    "without any change of holders; 0: try once",
    secondsOrZero,
    900,
  )
  .option("--max-wait <seconds>", "in all", seconds, 86_400)
  .option(
    "--owner-grace <seconds>",
    "for the owner of a failed holder to come back",
    seconds,
    30,
  )
  .option(
    "--release-timeout <seconds>",
    "to give the lock back while ZooKeeper does not answer",
    seconds,
    60,
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
  .option("--skip", "take no lock at all, and say so (or LOCKED_ACTION_SKIP=1)")
  .option(
    "--pass-auth",
    "leave LOCKED_ACTION_AUTH in the environment of the command",
  )
  .summary("run a command of this machine under the lock")
  .description(
    `Takes the lock as a LockedAction does, runs the command, gives the lock back. If
the command fails, the lock is kept, so that nobody else goes on: the same run
again takes it over, or an operator clears it. The same run is known by lock,
target and subject; the subject is the command with a hash of its arguments,
unless --subject gives it a name that outlives changes of them. A lock that an
earlier run left is taken over only where its processes can be looked for (same
machine, boot and container), and only once none of them works.

The command finds LOCKED_ACTION_NAME, LOCKED_ACTION_FENCING_TOKEN and
LOCKED_ACTION_RUN_ID in its environment. It has our input and output, and no
controlling terminal: it leads a session of its own, and every signal that comes
to us goes once to all its processes. Exit code: that of the command, 128 + N if
signal N ended it, 127 if there is no such command (the lock is not taken then).
Before it begins those below; 1 if the lock was lost while a command ran that
succeeded. A line on stderr says what became of the lock. With --json one
document on stderr as the last line.`,
  )
  .addHelpText(
    "after",
    `
Examples:
  locked-action run migrate -- ./migrate.sh --all
  locked-action run web --data rack7 --target web1 -- systemctl restart nginx`,
  )
  .action(
    async (
      name: string,
      words: string[],
      options: RunOptions,
      command: Command,
    ) => {
      const [first = "", ...args] = words;
      const located = () => [locateCommand(first, process.env), ...args];
      if (isSkipped(options, process.env)) {
        const { json, output } = command.optsWithGlobals<GlobalOptions>();
        const form = { json: json || output === "json" };
        process.exitCode = await runWithoutLock(name, located(), options, form);
        return;
      }
      await perform(command, async (context) => {
        const line = located();
        return withOwnSession(context, (session) =>
          runUnderLock(context, session, name, line, options),
        );
      });
    },
  );

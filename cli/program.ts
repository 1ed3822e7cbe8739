import fs from "node:fs";
import { Command } from "commander";
import { clear } from "./commands/clear";
import { doctor } from "./commands/doctor";
import { history } from "./commands/history";
import { hold, unhold } from "./commands/hold";
import { list } from "./commands/list";
import { run } from "./commands/run";
import { set } from "./commands/set";
import { show } from "./commands/show";
import { wait } from "./commands/wait";
import { watch } from "./commands/watch";
import { EXIT_CODES } from "./exit-codes";
import { addGlobalOptions } from "./options";

const ABOUT = `Who holds which lock, since when, what failed, who waits; and what an operator
does about it. The locks are those of LockedAction and RollingAction in Pulumi
programs, kept in ZooKeeper.`;

const MORE = `
Where the locks are, the first of these that says so:
  servers      --servers; LOCKED_ACTION_ZOOKEEPER_SERVERS; the stack's config
               locked-action:zookeeperServers, in Pulumi.<stack>.yaml of this
               directory or one above (with several stacks: --stack). A --stack
               on the command line comes before the environment.
  root         --root; LOCKED_ACTION_LOCK_ROOT; locked-action:lockRoot;
               /locked-action
  credentials  only from the environment, as scheme:credentials:
               LOCKED_ACTION_AUTH, or LOCKED_ACTION_ZOOKEEPER_AUTH

Examples:
  locked-action list                   which locks are there, which are blocked
  locked-action show web               why, and what to do next
  locked-action clear web --holder ID -m "repaired by hand"
  locked-action hold web -m "incident 4711"

An error is one line on stderr, then indented lines with more; with --json one
JSON document. NO_COLOR and --no-color turn colours off.
${EXIT_CODES}`;

const COMMANDS = [
  ...[list, show, watch, history],
  ...[clear, hold, unhold, set],
  ...[run, wait, doctor],
];

export function createProgram(): Command {
  const program = addGlobalOptions(new Command("locked-action"))
    .description(ABOUT)
    .version(version())
    .helpCommand("help [command]", "all about a command")
    .addHelpText("after", MORE)
    .configureOutput({ outputError: () => {} }); // reported by main, as all errors are
  for (const command of COMMANDS) {
    command.copyInheritedSettings(program).addHelpText("after", EXIT_CODES);
    program.addCommand(command);
  }
  for (const command of [program, ...COMMANDS])
    command.exitOverride().configureHelp({ showGlobalOptions: true });
  return program;
}

function version(): string {
  const file = require.resolve("pulumi-locked-action/package.json");
  const read = JSON.parse(fs.readFileSync(file, "utf8")) as { version: string };
  return read.version;
}

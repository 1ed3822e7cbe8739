import { jsonText } from "../json-text";
import { clean } from "../../core/text/clean";
import { Command } from "commander";
import { LockError } from "../../core/lock";
import { describePatternProblem } from "../../core/process/pattern";
import { perform, withSession, type Context } from "../context";
import { failed, type Check } from "../doctor/check";
import type { Pattern } from "../doctor/matches";
import { checkServers } from "../doctor/servers";
import { checkSession } from "../doctor/session";
import { usage } from "../errors";
import { EXIT } from "../exit-codes";
import { unlessInterrupted } from "../interruption";

interface Options {
  host: string[];
  identity?: string;
  process?: string;
  fullCmd?: boolean;
  user?: string;
}

const COLOURS = { ok: "green", warning: "yellow", failed: "red" } as const;

export const doctor = new Command("doctor")
  .option(
    "--host <user@host[:port]>",
    "check this host too, over SSH; can be repeated",
    (host: string, hosts: string[]) => [...hosts, host],
    [],
  )
  .option(
    "--identity <file>",
    "private key for --host (default: the agent's; a passphrase is not asked for)",
  )
  .option(
    "--process <pattern>",
    "show what process.commandString would match on each --host",
  )
  .option("--full-cmd", "match the whole command line: process.fullCmd")
  .option("--user <user>", "only processes of this user: process.user")
  .summary("what is wrong with ZooKeeper, or with a host")
  .description(
    `Looks at each server of the list, at the ensemble they make, at the session that
they grant, at clocks, permissions and locks; with --host at whether an action
could be run on that host (its key must be in ~/.ssh/known_hosts). Makes and
deletes one node below the root; changes nothing else.
Exit code 0 if nothing failed (there may be warnings), else 1.`,
  )
  .addHelpText(
    "after",
    `
Examples:
  locked-action doctor --servers zk1:2181,zk2:2181,zk3:2181
  locked-action doctor --host deploy@web1 --host deploy@web2:2222
  locked-action doctor --host deploy@web1 --process '^nginx$' --user root`,
  )
  .action((options: Options, command: Command) =>
    perform(command, async (context) => {
      const { signal } = context;
      const checks = await unlessInterrupted(signal, examine(context, options));
      const healthy = checks.every(({ result }) => result !== "failed");
      if (context.json) context.print(jsonText({ ok: healthy, checks }));
      else
        context.print(checks.flatMap((one) => lines(context, one)).join("\n"));
      return healthy ? EXIT.ok : EXIT.failed;
    }),
  );

async function examine(context: Context, options: Options): Promise<Check[]> {
  const { host, identity } = options;
  const pattern = patternOf(options);
  const servers = await checkServers(context);
  const serves = servers.at(-1)?.result !== "failed";
  const session = serves ? await sessionChecks(context) : [];
  const hosts = await checkHosts(context, host, identity, pattern);
  return [...servers, ...session, ...hosts];
}

/** @throws CommandError */
function patternOf(options: Options): Pattern | null {
  const { host, process: commandString, fullCmd = false, user } = options;
  if (commandString === undefined && user === undefined) {
    if (fullCmd) throw usage("--full-cmd goes with --process");
    return null;
  }
  if (host.length === 0)
    throw usage(
      "--process and --user go with --host: there is none to look at",
    );
  const problem =
    commandString !== undefined &&
    describePatternProblem(commandString, { fullCmd });
  if (problem) throw usage(`--process: ${problem}`);
  return {
    ...(commandString === undefined ? {} : { commandString }),
    ...(user === undefined ? {} : { user }),
    fullCmd,
  };
}

async function sessionChecks(context: Context): Promise<Check[]> {
  try {
    return await withSession(context, (session) =>
      checkSession(context, session),
    );
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    return [failed("session", error.message, ...error.story)];
  }
}

async function checkHosts(
  { signal }: Context,
  hosts: string[],
  identity: string | undefined,
  pattern: Pattern | null,
): Promise<Check[]> {
  if (hosts.length === 0) return [];
  const { checkHost } = hostChecks();
  const checks = hosts.map((host) =>
    checkHost(host, { identity, pattern, signal }),
  );
  return (await Promise.all(checks)).flat();
}

function lines({ paint }: Context, one: Check): string[] {
  const { check, result, found, advice } = one;
  return [
    `${paint(COLOURS[result], result.padEnd(7))}  ${clean(`${check}: ${found}`)}`,
    ...advice.map((each) => `         ${clean(each)}`),
  ];
}

type HostChecks = typeof import("../doctor/host");

/** SSH takes a while to load, and no other command needs it. Not an `import()`: compiled to CommonJS that one would still be a module's. */
function hostChecks(): HostChecks {
  return require("../doctor/host") as HostChecks;
}

import { DEFAULT_ROOT } from "../core/text/command";
import { readSettings, variable } from "../provider/settings";
import { parseServers, type Servers } from "../core/zookeeper/servers";
import { usage } from "./errors";
import type { GlobalOptions } from "./options";
import { readStackConfig } from "./stack-config";

const SERVERS = variable("zookeeperServers");
const ROOT = variable("lockRoot");
const AUTH = variable("zookeeperAuth");
/** A shorter name for the same, which wins. */
const SHORT_AUTH = "LOCKED_ACTION_AUTH";

/** Where the locks are. */
export interface Where {
  servers: Servers;
  /** What named the servers, for messages. */
  from: string;
  root: string;
  auth: { scheme: string; credentials: string }[];
}

/** The command line first, then the environment, then the stack's config. @throws CommandError */
export function locate(
  options: Pick<GlobalOptions, "servers" | "root" | "stack">,
  environment: NodeJS.ProcessEnv,
  directory: string,
): Where {
  const given = fromEnvironment(environment);
  const missing = !options.servers && !given.zookeeperServers;
  const stack =
    options.stack !== undefined || missing
      ? readStackConfig(directory, options.stack)
      : null;
  const config = settingsOf(stack?.config ?? {}, {}, stack?.file ?? "");
  const named = options.stack !== undefined;
  const choices: [string | undefined, string][] = [
    [options.servers, "--servers"],
    [named ? config.zookeeperServers : undefined, stack?.file ?? ""],
    [given.zookeeperServers, SERVERS],
    [config.zookeeperServers, stack?.file ?? ""],
  ];
  const [text, from] = choices.find(([value]) => value) ?? [];
  if (!text || !from) throw noServers(stack?.file);
  const roots = named
    ? [options.root, config.lockRoot, given.lockRoot]
    : [options.root, given.lockRoot, config.lockRoot];
  return {
    servers: servers(text, from),
    from,
    root: root(roots.find((value) => value) ?? DEFAULT_ROOT),
    auth: given.zookeeperAuth ? [given.zookeeperAuth] : [],
  };
}

function fromEnvironment(environment: NodeJS.ProcessEnv) {
  return settingsOf(
    {},
    {
      [SERVERS]: environment[SERVERS],
      [ROOT]: environment[ROOT],
      [AUTH]: environment[SHORT_AUTH] || environment[AUTH],
    },
    "the environment",
  );
}

function settingsOf(
  config: Record<string, unknown>,
  environment: NodeJS.ProcessEnv,
  from: string,
) {
  const { settings, problems } = readSettings(config, environment);
  const [first, ...others] = problems;
  if (first) throw usage(`${from}: ${first}`, ...others);
  return settings;
}

function servers(text: string, from: string): Servers {
  try {
    return parseServers(text);
  } catch (error) {
    throw usage(`${from}: ${(error as Error).message}`);
  }
}

function root(text: string): string {
  const { settings, problems } = readSettings({}, { [ROOT]: text });
  if (!settings.lockRoot) throw usage(`--root: ${problems[0]}`);
  return settings.lockRoot;
}

function noServers(file: string | undefined) {
  return usage(
    "no ZooKeeper servers are given",
    "on the command line: --servers host:2181,host:2181",
    `or in the environment: ${SERVERS}`,
    file
      ? `or in ${file}: locked-action:zookeeperServers is not set there`
      : "or in the stack's config: locked-action:zookeeperServers in Pulumi.<stack>.yaml of this directory or one above",
  );
}

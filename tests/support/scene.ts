import { createSessionPool } from "../../core/zookeeper/pool";
import type { Session } from "../../core/zookeeper/session";
import { describeLock, type LockView } from "../../core/lock";
import { startHosts, type Fleet, type HostOptions } from "./hosts";
import { makeProject, type TestProject } from "./project";
import { Sandbox } from "./sandbox";
import { Service } from "./services";
import { openStack, type Stack } from "./stack";
import {
  startZookeeper,
  type ZookeeperOptions,
  type ZookeeperServer,
} from "./zookeeper";

// One program for all end-to-end tests: it declares what the configuration says.
const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const { LockedAction, RollingAction } = require("pulumi-locked-action");

const config = new pulumi.Config();
const privateKey = config.requireSecret("privateKey");
const outcomes = (exports.outcomes = {});
for (const [name, { options, ...args }] of Object.entries(config.getObject("actions") ?? {})) {
  const connection = { privateKey, ...args.connection };
  outcomes[name] = new LockedAction(name, { ...args, connection }, options).outcome;
}
const results = (exports.results = {});
for (const [name, { hosts, ...args }] of Object.entries(config.getObject("rolls") ?? {})) {
  const own = Object.entries(hosts).map(([key, host]) =>
    [key, { ...host, connection: { privateKey, ...host.connection } }]);
  results[name] = new RollingAction(name, { ...args, hosts: Object.fromEntries(own) }).results;
}
`;

/** Arguments of a LockedAction, as JSON, and its `options`. */
export type Args = Record<string, unknown> & {
  lock: Record<string, unknown>;
};
export type Actions = Record<string, Args>;

/** A ZooKeeper, hosts with a service each, and a project whose program declares what a test tells it to. */
export interface Scene {
  sandbox: Sandbox;
  zookeeper: ZookeeperServer;
  fleet: Fleet;
  services: Service[];
  service(host: string): Service;
  project: TestProject;
  /** A restart of a host's service under the lock "fleet"; `over` goes over it, `lock` field by field. */
  restart(host: string, over?: Record<string, unknown>): Args;
  openStack(name: string, actions: Actions): Promise<Stack>;
  setActions(stack: Stack, actions: Actions): Promise<void>;
  lock(name?: string): Promise<LockView>;
  /** With a ZooKeeper session of the test's own. */
  withSession<T>(use: (session: Session) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export interface SceneOptions {
  zookeeper?: ZookeeperOptions;
  hosts?: HostOptions;
}

export async function openScene(
  hosts: string[],
  options: SceneOptions = {},
): Promise<Scene> {
  const sandbox = await Sandbox.create();
  const [zookeeper, fleet, project] = await Promise.all([
    startZookeeper(sandbox, { tickTime: 500, ...options.zookeeper }),
    startHosts(sandbox, hosts, options.hosts),
    makeProject(sandbox, {
      name: "scene",
      program: PROGRAM,
      withPackage: true,
    }),
  ]);
  const services = fleet.hosts.map((host) =>
    Service.install(sandbox, host, `${host.name}-${sandbox.mark}`),
  );
  for (const service of services) service.byHand("start", "first");
  const service = (name: string) =>
    services.find(({ host }) => host.name === name)!;
  const restart = (host: string, over: Record<string, unknown> = {}): Args => {
    const { user, host: address, port, knownHosts } = fleet.connection(host);
    const connection = { user, host: address, port, knownHosts };
    const { control, pattern } = service(host);
    return {
      connection,
      target: host,
      action: { command: `${control} restart`, timeout: 30 },
      process: { commandString: pattern },
      triggers: [1],
      ...over,
      lock: { name: "fleet", ownerGrace: 1, ...(over.lock as object) },
    };
  };
  const setActions = (stack: Stack, actions: Actions) =>
    stack.setConfig("scene:actions", JSON.stringify(actions));
  const withSession: Scene["withSession"] = async (use) => {
    const pool = createSessionPool();
    try {
      const { session } = await pool.lease({ servers: zookeeper.connect });
      return await use(session);
    } finally {
      await pool.close();
    }
  };
  return {
    ...{ sandbox, zookeeper, fleet, services, service, project, restart },
    setActions,
    openStack: (name, actions) =>
      openStack(project, name, {
        env: sandbox.env,
        config: {
          "scene:actions": JSON.stringify(actions),
          "scene:privateKey": { secret: fleet.privateKey },
          "locked-action:zookeeperServers": zookeeper.connect,
        },
      }),
    withSession,
    lock: (name = "fleet") =>
      withSession((session) => describeLock(session, "/locked-action", name)),
    stop: () => sandbox.stop(),
  };
}

/** What a failed operation told, permanent lines only. */
export function errorsOf(result: {
  diagnostics: { severity: string; message: string }[];
}): string {
  return result.diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ message }) => message)
    .join("\n");
}

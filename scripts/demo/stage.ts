import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import type { Fleet } from "../../tests/support/hosts";
import { startHosts } from "../../tests/support/hosts";
import { makeProject, type TestProject } from "../../tests/support/project";
import type { Sandbox } from "../../tests/support/sandbox";
import { Service } from "../../tests/support/services";
import { chosenEngine, openStack, type Stack } from "../../tests/support/stack";
import {
  startZookeeper,
  type ZookeeperServer,
} from "../../tests/support/zookeeper";
import type { Tell } from "./tell";
import { createSessionPool } from "../../core/zookeeper/pool";
import { describeLock, type LockView } from "../../core/lock";

const LOCK = "web-restart";
const HOSTS = ["web1", "web2", "web3", "web4"];

/** Everything the demo runs on, all of it real and all of it in one temporary directory. */
export interface Stage {
  tell: Tell;
  sandbox: Sandbox;
  zookeeper: ZookeeperServer;
  fleet: Fleet;
  services: Service[];
  stack: Stack;
  project: TestProject;
  /** Reads the lock from ZooKeeper. */
  lock(name?: string): Promise<LockView>;
  /** Runs `locked-action`, as an operator would. */
  command(...args: string[]): Promise<string>;
}

export async function setStage(
  sandbox: Sandbox,
  tell: Tell,
  engine = chosenEngine(),
): Promise<Stage> {
  const root = path.join(__dirname, "../..");
  const [zookeeper, fleet, project] = await Promise.all([
    startZookeeper(sandbox),
    startHosts(sandbox, HOSTS),
    makeProject(sandbox, {
      name: "rolling-restart",
      program: fs.readFileSync(
        path.join(root, "examples/rolling-restart/index.ts"),
        "utf8",
      ),
      withPackage: true,
    }),
  ]);
  const services = fleet.hosts.map((host) =>
    Service.install(sandbox, host, `${host.name}-${sandbox.mark}`),
  );
  for (const service of services) service.byHand("start", "setting 0");
  const stack = await openStack(
    project,
    "demo",
    {
      env: sandbox.env,
      config: {
        "rolling-restart:hosts": JSON.stringify(
          services.map(({ host, pattern }) => ({
            name: host.name,
            host: "127.0.0.1",
            port: host.port,
            process: pattern,
          })),
        ),
        "rolling-restart:user": fleet.hosts[0]!.user,
        "rolling-restart:knownHosts": fleet.knownHosts,
        "rolling-restart:privateKey": { secret: fleet.privateKey },
        "rolling-restart:command": `"$LOCKED_ACTION_HOST_DIR/$DEMO_HOST-${sandbox.mark}ctl" restart`,
        "rolling-restart:setting": "setting 0",
        "locked-action:zookeeperServers": zookeeper.connect,
        "locked-action:ownerGrace": "1",
      },
    },
    engine,
  );
  const lock = async (name = LOCK) => {
    const pool = createSessionPool();
    try {
      const { session } = await pool.lease({ servers: zookeeper.connect });
      return await describeLock(session, "/locked-action", name);
    } finally {
      await pool.close();
    }
  };
  const command = async (...args: string[]) => {
    const file = path.join(root, "dist/cli/main.js");
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [file, ...args],
      {
        env: {
          ...process.env,
          LOCKED_ACTION_ZOOKEEPER_SERVERS: zookeeper.connect,
        },
      },
    );
    return stdout;
  };
  return {
    tell,
    sandbox,
    zookeeper,
    fleet,
    services,
    stack,
    project,
    lock,
    command,
  };
}

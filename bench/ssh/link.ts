import { freePorts } from "../../tests/support/ports";
import { startHosts, type Host } from "../../tests/support/hosts";
import type { Sandbox } from "../../tests/support/sandbox";
import { createHostPool } from "../../core/ssh/pool";
import type {
  ConnectionOptions,
  HostPool,
  RemoteHost,
} from "../../core/ssh/types";
import type { Login } from "./openssh";

/** An sshd takes no more than 16 ports. */
const PORTS = 15;

/** Hosts as far as who connects can tell: ports of a few sshds. */
export interface Servers {
  /** To the first of them, for another client. */
  login: Login;
  connections: ConnectionOptions[];
}

export async function startServers(
  sandbox: Sandbox,
  hosts = 1,
): Promise<Servers> {
  const server = await startServer(sandbox, Math.min(hosts, PORTS));
  if (hosts <= PORTS) return server;
  const others = await startServers(sandbox, hosts - PORTS);
  return {
    login: server.login,
    connections: [...server.connections, ...others.connections],
  };
}

async function startServer(sandbox: Sandbox, ports: number): Promise<Servers> {
  const more = await freePorts(ports - 1);
  const fleet = await startHosts(sandbox, ["bench"], {
    config: [
      ...more.map((port) => `Port ${port}`),
      // A bash that thinks it is nested reads no ~/.bashrc: SSH is measured, not somebody's start-up files.
      "Match all",
      `SetEnv SHLVL=1 LOCKED_ACTION_SANDBOX=${sandbox.dir}`,
    ],
  });
  const [host] = fleet.hosts;
  return {
    login: fleet.connection("bench"),
    connections: [host!.port, ...more].map((port) =>
      connectionTo(host!, port, fleet.privateKey),
    ),
  };
}

function connectionTo(
  { user, hostKey }: Host,
  port: number,
  privateKey: string,
): ConnectionOptions {
  return {
    host: "127.0.0.1",
    port,
    user,
    privateKey,
    knownHosts: `[127.0.0.1]:${port} ${hostKey}\n`,
    dialErrorLimit: 10,
    perDialTimeout: 15,
    insecureIgnoreHostKey: false,
  };
}

/** A connection of ours, and the pool that owns it. */
export interface Link {
  host: RemoteHost;
  pool: HostPool;
}

export async function open(options: ConnectionOptions): Promise<Link> {
  const pool = createHostPool();
  return { host: await pool.lease(options), pool };
}

/** Milliseconds of one script, which must end well. */
export async function timeScript(
  host: RemoteHost,
  body: string,
): Promise<number> {
  const begin = performance.now();
  const result = await host.run({ body, timeout: 60 });
  const took = performance.now() - begin;
  if (result.kind !== "exit" || result.code !== 0)
    throw new Error(`a script ended as ${JSON.stringify(result)}`);
  return took;
}

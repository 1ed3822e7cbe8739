import { execFileSync, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { eventually } from "./eventually";
import { ask, freePorts } from "./ports";
import type { Sandbox } from "./sandbox";

/** A real sshd on 127.0.0.1, where the current user may log in. All share this machine's processes. */
export interface Host {
  name: string;
  port: number;
  user: string;
  /** Of its own, for whatever its services need. */
  dir: string;
  pid: number;
  /** `ssh-ed25519 AAAA…` */
  hostKey: string;
  stop(): void;
  start(): Promise<void>;
}

export interface Fleet {
  hosts: Host[];
  host(name: string): Host;
  privateKey: string;
  /** known_hosts of all of them. */
  knownHosts: string;
  connection(name: string): {
    host: string;
    port: number;
    user: string;
    privateKey: string;
    knownHosts: string;
  };
}

export interface HostOptions {
  /** More lines for sshd_config. */
  config?: string[];
}

export async function startHosts(
  sandbox: Sandbox,
  names: string[],
  options: HostOptions = {},
): Promise<Fleet> {
  // sshd as root refuses to start without it; it is the system's, made at boot
  if (process.getuid?.() === 0) fs.mkdirSync("/run/sshd", { recursive: true });
  const keys = fs.mkdtempSync(path.join(sandbox.dir, "keys-"));
  const client = keygen(path.join(keys, "client"));
  fs.writeFileSync(path.join(keys, "authorized_keys"), client.publicKey);
  const ports = await freePorts(names.length);
  const hosts = names.map((name, i) =>
    prepare(sandbox, name, ports[i]!, keys, options),
  );
  await Promise.all(hosts.map((host) => host.start()));
  const host = (name: string) => {
    const found = hosts.find((candidate) => candidate.name === name);
    if (!found) throw new Error(`no such host: ${name}`);
    return found;
  };
  const knownHosts = hosts
    .map(({ port, hostKey }) => `[127.0.0.1]:${port} ${hostKey}\n`)
    .join("");
  return {
    hosts,
    host,
    privateKey: client.privateKey,
    knownHosts,
    connection: (name) => ({
      host: "127.0.0.1",
      port: host(name).port,
      user: host(name).user,
      privateKey: client.privateKey,
      knownHosts,
    }),
  };
}

/** A key pair without passphrase, unless one is given. */
export function keygen(
  file: string,
  { type = "ed25519", passphrase = "", options = [] as string[] } = {},
): { privateKey: string; publicKey: string } {
  execFileSync("ssh-keygen", [
    "-q",
    ...["-t", type, "-N", passphrase, "-C", "", "-f", file],
    ...options,
  ]);
  return {
    privateKey: fs.readFileSync(file, "utf8"),
    publicKey: fs.readFileSync(`${file}.pub`, "utf8"),
  };
}

/**
 * Runs a command with directories of its own in the place of /run/lock and /run/locked-action, where this machine allows it: what
 * guards leave there goes with the sandbox, and a thousand tests before do not slow the next one down.
 */
const PRIVATELY = `
if unshare -m true 2>/dev/null; then
  exec unshare -m sh -c 'mount --bind "$1" /run/lock; mkdir -p /run/locked-action
    mount --bind "$1-root" /run/locked-action; shift; exec "$@"' sh "$@"
fi
shift
exec "$@"
`;

function prepare(
  sandbox: Sandbox,
  name: string,
  port: number,
  keys: string,
  options: HostOptions,
): Host {
  const dir = fs.mkdtempSync(path.join(sandbox.dir, `${name}-`));
  const key = path.join(keys, `host-${name}`);
  const { publicKey } = keygen(key);
  const locks = path.join(keys, `run-lock-${name}`);
  fs.mkdirSync(locks);
  fs.mkdirSync(`${locks}-root`);
  fs.chmodSync(locks, 0o1777);
  const config = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${key}`,
    "PidFile none",
    "UsePAM no",
    "StrictModes no",
    `AuthorizedKeysFile ${keys}/authorized_keys`,
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "MaxStartups 200",
    "Subsystem sftp internal-sftp",
    // the sandbox's mark, so that what a session starts is ended with the sandbox;
    // a home of its own, so that no start-up file of the user's is read at each command
    `SetEnv HOME=${dir} LOCKED_ACTION_SANDBOX=${sandbox.dir} LOCKED_ACTION_HOST_DIR=${dir} DEMO_HOST=${name}`,
    ...(options.config ?? []),
  ];
  const file = path.join(keys, `sshd-${name}.conf`);
  fs.writeFileSync(file, config.join("\n") + "\n");
  let daemon: ChildProcess;
  const start = async () => {
    const log = fs.openSync(path.join(dir, "sshd.log"), "a");
    const sshd = ["/usr/sbin/sshd", "-D", "-e", "-f", file];
    daemon = sandbox.spawn("sh", ["-c", PRIVATELY, "sh", locks, ...sshd], {
      stdio: ["ignore", log, log],
    });
    fs.closeSync(log);
    await eventually(`sshd of ${name} listens on port ${port}`, async () => {
      if (daemon.exitCode !== null)
        throw new Error(fs.readFileSync(path.join(dir, "sshd.log"), "utf8"));
      return /^SSH-2/.test(await ask(port, null));
    });
  };
  return {
    name,
    port,
    user: os.userInfo().username,
    dir,
    hostKey: publicKey.split(" ").slice(0, 2).join(" ").trim(),
    get pid() {
      return daemon.pid!;
    },
    start,
    stop: () => void daemon.kill("SIGKILL"),
  };
}

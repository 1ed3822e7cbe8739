import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { ConnectionOptions } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { keygen } from "../support/hosts";
import { ask, freePorts } from "../support/ports";
import type { Sandbox } from "../support/sandbox";
import { connect } from "./connect";
import {
  publicKeyOf,
  serveDropbear,
  serveTinysshd,
  type ServerName,
  type Serving,
} from "./ssh-servers";

export interface Account {
  name: string;
  /** @default /bin/sh */
  shell?: string;
  password?: string;
  /** A line of sudoers without the name, such as `ALL=(ALL) NOPASSWD: ALL`. */
  sudo?: string;
}

export interface PrivateHost {
  port: number;
  pid: number;
  dir: string;
  hostKey: string;
  connection(account: string): ConnectionOptions;
}

/** Why there can be no private host here; null if there can. */
export function whyNoPrivateHost(): string | null {
  if (process.getuid?.() !== 0)
    return "accounts of its own need root, and a mount namespace";
  try {
    execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]);
    return null;
  } catch {
    return "this machine allows no mount namespaces";
  }
}

/** For a `describe` that needs private hosts: says why it is skipped where there can be none. */
export function needsPrivateHosts(): void {
  before(function () {
    const why = whyNoPrivateHost();
    if (!why) return;
    console.log(`      skipped: ${why}`);
    this.skip();
  });
}

/**
 * A real sshd with accounts, sudoers, /run/lock, /run/locked-action, home of root and, if wanted, other mounts of its own:
 * they are in a mount namespace, so the machine itself is not changed.
 */
export async function startPrivateHost(
  sandbox: Sandbox,
  accounts: Account[],
  {
    /** More of the shell script that runs in the namespace before sshd does; `$dir` is the host's directory. */
    mounts = [] as string[],
    /** More lines for sshd_config, which outweigh the others. */
    config = [] as string[],
    /** More lines for sudoers. */
    defaults = "",
    pidNamespace = false,
    server = "sshd" as ServerName,
  } = {},
): Promise<PrivateHost> {
  fs.chmodSync(sandbox.dir, 0o711); // other users have to get to their homes
  fs.mkdirSync("/run/sshd", { recursive: true }); // the system's, made at boot
  const dir = fs.mkdtempSync(path.join(sandbox.dir, "private-"));
  fs.chmodSync(dir, 0o711);
  const client = keygen(path.join(dir, "client"));
  keygen(path.join(dir, "host"));
  fs.writeFileSync(path.join(dir, "authorized_keys"), client.publicKey);
  writeAccounts(dir, accounts, defaults);
  const [port] = await freePorts(1);
  fs.writeFileSync(
    path.join(dir, "sshd.conf"),
    [
      ...config, // the first value of a setting counts
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${dir}/host`,
      "PidFile none",
      "UsePAM no",
      "StrictModes no",
      `AuthorizedKeysFile ${dir}/authorized_keys`,
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "MaxStartups 200",
      `SetEnv LOCKED_ACTION_SANDBOX=${sandbox.dir}`,
      "",
    ].join("\n"),
  );
  const { command, hostKey } = serving(server, dir, port!, sandbox);
  const script = [
    "set -e",
    `dir=${dir}`,
    ...["passwd", "shadow", "group", "sudoers"].map(
      (file) => `mount --bind ${dir}/etc/${file} /etc/${file}`,
    ),
    "mount -t tmpfs -o mode=1777 none /run/lock",
    "mkdir -p /run/locked-action; mount -t tmpfs -o mode=755 none /run/locked-action",
    "mount -t tmpfs none /root", // the home of root by sudo
    "mkdir -p /run/sudo; mount -t tmpfs none /run/sudo",
    ...mounts,
    command,
  ].join("\n");
  const log = fs.openSync(path.join(dir, "sshd.log"), "a");
  const flags = pidNamespace ? ["-m", "-p", "-f", "--mount-proc"] : ["-m"];
  const daemon = sandbox.spawn("unshare", [...flags, "sh", "-c", script], {
    stdio: ["ignore", log, log],
  });
  fs.closeSync(log);
  await eventually("the private sshd listens", async () => {
    if (daemon.exitCode !== null)
      throw new Error(fs.readFileSync(path.join(dir, "sshd.log"), "utf8"));
    return /^SSH-2/.test(await ask(port!, null));
  });
  const { privateKey } = client;
  return {
    port: port!,
    pid: daemon.pid!,
    dir,
    hostKey,
    connection: (user) =>
      connect({ host: "127.0.0.1", port: port!, user, hostKey, privateKey }),
  };
}

function serving(
  server: ServerName,
  dir: string,
  port: number,
  sandbox: Sandbox,
): Serving {
  const environment = `LOCKED_ACTION_SANDBOX=${sandbox.dir}`;
  switch (server) {
    case "dropbear":
      return serveDropbear(dir, port, environment);
    case "tinysshd":
      return serveTinysshd(dir, port, environment);
    case "sshd":
      return {
        command: `exec /usr/sbin/sshd -D -e -f ${dir}/sshd.conf`,
        hostKey: publicKeyOf(fs.readFileSync(`${dir}/host.pub`, "utf8")),
      };
  }
}

function writeAccounts(
  dir: string,
  accounts: Account[],
  defaults: string,
): void {
  const etc = path.join(dir, "etc");
  fs.mkdirSync(etc);
  const read = (file: string) => fs.readFileSync(`/etc/${file}`, "utf8");
  let [passwd, shadow, group] = [read("passwd"), read("shadow"), read("group")];
  let sudoers = `Defaults lecture=never\n${defaults}\nroot ALL=(ALL) ALL\n`;
  accounts.forEach(({ name, shell = "/bin/sh", password, sudo }, i) => {
    const id = 47_001 + i;
    const home = path.join(dir, `home-${name}`);
    fs.mkdirSync(home);
    fs.chownSync(home, id, id);
    const hash = password === undefined ? "*" : crypt(password);
    passwd += `${name}:x:${id}:${id}::${home}:${shell}\n`;
    shadow += `${name}:${hash}:19000:0:99999:7:::\n`;
    group += `${name}:x:${id}:\n`;
    if (sudo) sudoers += `${name} ${sudo}\n`;
  });
  const write = (file: string, text: string, mode: number) =>
    fs.writeFileSync(path.join(etc, file), text, { mode });
  write("passwd", passwd, 0o644);
  write("shadow", shadow, 0o600);
  write("group", group, 0o644);
  write("sudoers", sudoers, 0o440);
}

function crypt(password: string): string {
  return execFileSync("openssl", ["passwd", "-6", "-stdin"], {
    input: password,
    encoding: "utf8",
  }).trim();
}

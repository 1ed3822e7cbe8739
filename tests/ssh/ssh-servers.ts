import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { find } from "./machine";

/** SSH servers beside OpenSSH that a host may have: what they need, and the command that serves a port of 127.0.0.1. */
export type ServerName = "sshd" | "dropbear" | "tinysshd";

export interface Serving {
  /** The command, for a shell. */
  command: string;
  /** `ssh-ed25519 AAAA…` */
  hostKey: string;
}

/** Root may log in with this key by the home that `sh` sees: sshd takes another way. */
const HOME_OF_ROOT = (dir: string) =>
  `chmod 700 /root; mkdir -m 700 /root/.ssh; cp ${dir}/authorized_keys /root/.ssh/authorized_keys`;

/** Closes the channel as soon as the shell is gone, and keeps one key in a format of its own. */
export function serveDropbear(
  dir: string,
  port: number,
  environment: string,
): Serving {
  execFileSync(
    "dropbearconvert",
    ["openssh", "dropbear", `${dir}/host`, `${dir}/host.dropbear`],
    { stdio: "ignore" },
  );
  return {
    command: `${HOME_OF_ROOT(dir)}; exec env ${environment} ${find("dropbear")} -F -E -e -r ${dir}/host.dropbear -p 127.0.0.1:${port} -P ${dir}/dropbear.pid`,
    hostKey: publicKeyOf(fs.readFileSync(`${dir}/host.pub`, "utf8")),
  };
}

/** Serves one connection, and has one session a connection. */
export function serveTinysshd(
  dir: string,
  port: number,
  environment: string,
): Serving {
  const keys = path.join(dir, "tinysshd");
  execFileSync("tinysshd-makekey", ["-q", keys]);
  const printed = execFileSync("tinysshd-printkey", [keys], {
    encoding: "utf8",
  });
  const listener = path.join(dir, "listener.cjs");
  fs.writeFileSync(
    listener,
    `const { spawn } = require("node:child_process");
require("node:net").createServer({ pauseOnConnect: true }, (socket) => {
  socket.on("error", () => {});
  const child = spawn(${JSON.stringify(find("tinysshd"))}, ["-v", ${JSON.stringify(keys)}], { stdio: [socket, socket, "inherit"] });
  child.on("error", () => {});
  child.on("spawn", () => socket.destroy());
}).listen(${port}, "127.0.0.1");`,
  );
  return {
    command: `${HOME_OF_ROOT(dir)}; exec env ${environment} ${process.execPath} ${listener}`,
    hostKey: publicKeyOf(
      printed.split("\n").find((line) => line.startsWith("ssh-ed25519")) ?? "",
    ),
  };
}

export function publicKeyOf(line: string): string {
  return line.split(" ").slice(0, 2).join(" ").trim();
}

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { eventually } from "../../tests/support/eventually";
import type { Sandbox } from "../../tests/support/sandbox";

/** Where to log in, and by which key. */
export interface Login {
  port: number;
  user: string;
  privateKey: string;
  knownHosts: string;
}

const DEADLINE = 30_000;

/** The OpenSSH client against the same server with the same key: each call is one process, start to exit. */
export class OpenSsh {
  private readonly args: string[];
  private readonly control: string;
  private master: ChildProcess | null = null;

  constructor(
    private readonly sandbox: Sandbox,
    login: Login,
  ) {
    const dir = fs.mkdtempSync(path.join(sandbox.dir, "openssh-"));
    const key = path.join(dir, "key");
    const known = path.join(dir, "known_hosts");
    this.control = path.join(dir, "control");
    fs.writeFileSync(key, login.privateKey, { mode: 0o600 });
    fs.writeFileSync(known, login.knownHosts);
    this.args = [
      ...["-F", "none", "-T", "-i", key, "-p", String(login.port)],
      ...["-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"],
      ...["-o", `UserKnownHostsFile=${known}`, "-o", "LogLevel=ERROR"],
      `${login.user}@127.0.0.1`,
    ];
  }

  /** Milliseconds to dial, run `script` by sh and end. */
  run(script: string): Promise<number> {
    return this.time([...this.args, "exec /bin/sh -s"], script);
  }

  /** The same over a connection that is open already. */
  async runShared(script: string): Promise<number> {
    await this.openMaster();
    return this.time(
      ["-S", this.control, ...this.args, "exec /bin/sh -s"],
      script,
    );
  }

  private async openMaster(): Promise<void> {
    if (this.master) return;
    this.master = this.sandbox.spawn("ssh", [
      ...["-M", "-N", "-S", this.control],
      ...this.args,
    ]);
    await eventually("the shared connection of OpenSSH is open", () =>
      fs.existsSync(this.control),
    );
  }

  private async time(args: string[], script: string): Promise<number> {
    const begin = performance.now();
    const child = this.sandbox.spawn("ssh", args, {
      stdio: ["pipe", "ignore", "inherit"],
      timeout: DEADLINE,
    });
    child.stdin!.on("error", () => {}); // told by its exit
    child.stdin!.end(script);
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0) throw new Error(`ssh: exit code ${code}`);
    return performance.now() - begin;
  }
}

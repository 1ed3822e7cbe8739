import { spawn } from "node:child_process";
import fs from "node:fs";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { Server } from "ssh2";
import type { Sandbox } from "../support/sandbox";
import { keygen } from "../support/hosts";

/** An SSH server that closes a channel as soon as the shell has exited, whatever is still on its way. Anybody may log in. */
export async function startEarlyServer(
  sandbox: Sandbox,
  {
    milliseconds = 0,
    /** What the host sends in the place of what was printed. */
    alter = (printed: Buffer) => printed,
  } = {},
): Promise<{ port: number; hostKey: string; close(): void }> {
  const dir = fs.mkdtempSync(path.join(sandbox.dir, "early-"));
  const { privateKey, publicKey } = keygen(path.join(dir, "host"));
  // a slow relay: what goes through it comes late
  fs.writeFileSync(`${dir}/cat`, '#!/bin/sh\nsleep 0.1; exec /bin/cat "$@"\n', {
    mode: 0o755,
  });
  const environment = {
    ...process.env,
    ...sandbox.env,
    HOME: dir,
    PATH: `${dir}:${process.env.PATH}`,
  };
  const server = new Server({ hostKeys: [privateKey] }, (client) =>
    client
      .on("error", () => {})
      .on("authentication", (context) => context.accept())
      .on("session", (accept) =>
        accept().on("exec", (acceptExec, _reject, { command }) => {
          const channel = acceptExec();
          channel.on("error", () => {});
          const child = spawn("/bin/sh", ["-c", command], {
            detached: true,
            env: environment,
          });
          channel.pipe(child.stdin);
          child.stdin.on("error", () => {});
          child.stdout.on(
            "data",
            (data: Buffer) => channel.writable && channel.write(alter(data)),
          );
          child.stderr.on(
            "data",
            (data: Buffer) =>
              channel.stderr.writable && channel.stderr.write(data),
          );
          child.on("exit", (code) =>
            setTimeout(() => {
              channel.exit(code ?? 1);
              channel.close();
            }, milliseconds),
          );
        }),
      ),
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: publicKey.split(" ").slice(0, 2).join(" "),
    close: () => void server.close(),
  };
}

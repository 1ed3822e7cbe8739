import { once } from "node:events";
import net from "node:net";
import type { Sandbox } from "./sandbox";

// It listens, and never accepts: two may wait, whoever comes next gets no answer.
const LISTENER = `
require("node:net").createServer().listen(0, "127.0.0.1", 1, function () {
  require("node:fs").writeSync(1, String(this.address().port));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** A port that swallows who wants to connect, as a firewall does; as `host:port`. */
export async function startFullPort(sandbox: Sandbox): Promise<string> {
  const listener = sandbox.spawn(process.execPath, ["-e", LISTENER], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = (await once(listener.stdout!, "data")) as [Buffer];
  const waiting = [1, 2].map(() => net.connect(Number(port), "127.0.0.1"));
  for (const socket of waiting) {
    socket.on("error", () => {}); // its listener ends first
    socket.unref();
  }
  await Promise.all(waiting.map((socket) => once(socket, "connect")));
  return `127.0.0.1:${port.toString()}`;
}

import { once } from "node:events";
import net from "node:net";

/** Ports that the kernel gave and that are free again. Taken at once, so that no two are the same. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () =>
    net.createServer().listen(0, "127.0.0.1"),
  );
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map(
    (server) => (server.address() as net.AddressInfo).port,
  );
  await Promise.all(
    servers.map((server) => new Promise((done) => server.close(done))),
  );
  return ports;
}

/** Sends `text`, if any, and returns all that is answered until the other side closes or falls silent. */
export async function ask(
  port: number,
  text: string | null,
  { silence = 5000 } = {},
): Promise<string> {
  const socket = net.connect(port, "127.0.0.1");
  let answer = "";
  socket.setTimeout(silence, () => socket.destroy());
  socket.on("error", () => {}); // no answer is an answer
  socket.on("data", (data) => {
    answer += data.toString("latin1");
    if (text === null) socket.destroy(); // a banner is enough
  });
  if (text !== null) socket.on("connect", () => socket.write(text));
  await new Promise((done) => socket.on("close", done));
  return answer;
}

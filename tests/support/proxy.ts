import { once } from "node:events";
import net from "node:net";

export type ProxyMode =
  | "ok"
  /** What the client sends vanishes. */
  | "dropRequests"
  /** What the server answers vanishes: requests are carried out. */
  | "dropReplies"
  /** Neither direction, and the connection stays open. */
  | "blackhole"
  /** New connections are closed at once. */
  | "refuse";

/** A TCP proxy on 127.0.0.1 that can lose, delay and cut what passes. */
export interface Proxy {
  port: number;
  /** With the chroot, if there is one. */
  connect: string;
  mode: ProxyMode;
  /** Milliseconds added to each chunk in both directions. */
  delay: number;
  /** Seen on the way to the server: one call a chunk. */
  onRequest: ((chunk: Buffer) => void) | null;
  /** What comes in the place of each chunk of an answer. */
  alter: ((chunk: Buffer) => Buffer) | null;
  /** Ends all connections. */
  cut(): void;
  /** Lets half of the next answer through, then ends its connection. */
  cutMidReply(): void;
  /** Lets the next request through and loses all that is answered on its connection. */
  loseNextReply(): void;
  close(): Promise<void>;
}

export async function startProxy(target: number, chroot = ""): Promise<Proxy> {
  const pairs = new Set<[net.Socket, net.Socket]>();
  let midReply = false;
  let loseNext = false;
  const server = net.createServer((client) => {
    if (proxy.mode === "refuse") return void client.destroy();
    const upstream = net.connect(target, "127.0.0.1");
    const pair: [net.Socket, net.Socket] = [client, upstream];
    let deaf = false;
    let half = false;
    pairs.add(pair);
    const forward = (to: net.Socket, chunk: Buffer) => {
      const send = () => void (to.destroyed || to.write(chunk));
      if (proxy.delay > 0) setTimeout(send, proxy.delay);
      else send();
    };
    client.on("data", (chunk) => {
      if (proxy.mode === "dropRequests" || proxy.mode === "blackhole") return;
      proxy.onRequest?.(chunk);
      if (loseNext) {
        loseNext = false;
        deaf = true;
      }
      forward(upstream, chunk);
    });
    upstream.on("data", (chunk) => {
      if (proxy.mode === "dropReplies" || proxy.mode === "blackhole") return;
      if (deaf || half) return;
      if (midReply) {
        midReply = false;
        half = true;
        client.write(chunk.subarray(0, Math.max(1, chunk.length >> 1)), () =>
          client.destroy(),
        );
        return;
      }
      forward(client, proxy.alter?.(chunk) ?? chunk);
    });
    for (const socket of pair) {
      socket.setNoDelay();
      socket.on("error", () => {}); // a cut is what it is for
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
        pairs.delete(pair);
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const cut = () => {
    for (const [client, upstream] of pairs) {
      client.destroy();
      upstream.destroy();
    }
  };
  const proxy: Proxy = {
    port,
    connect: `127.0.0.1:${port}${chroot}`,
    mode: "ok",
    delay: 0,
    onRequest: null,
    alter: null,
    cut,
    cutMidReply: () => void (midReply = true),
    loseNextReply: () => void (loseNext = true),
    close: async () => {
      cut();
      await new Promise((done) => server.close(done));
    },
  };
  return proxy;
}

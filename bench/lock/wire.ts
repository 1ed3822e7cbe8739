import { once } from "node:events";
import net from "node:net";

/** Operation codes of ZooKeeper's protocol, as far as a reader of the counts needs names. */
const NAMES: Record<number, string> = {
  1: "create",
  2: "delete",
  3: "exists",
  4: "getData",
  5: "setData",
  8: "getChildren",
  9: "sync",
  12: "getChildren",
  13: "check",
  14: "multi",
  15: "create",
  17: "checkWatches",
  18: "removeWatches",
  19: "createContainer",
  101: "setWatches",
  105: "setWatches",
  [-11]: "closeSession",
};
const PING = 11;
const EVENT_XID = -1;

/** What passed between clients and a server. */
export interface Counts {
  connections: number;
  /** Without pings and the opening of sessions. */
  requests: number;
  byName: Record<string, number>;
  /** Both ways. */
  bytes: number;
  /** Events of watches. */
  events: number;
  /**
   * Events that were not preceded by another one on the same connection. One write fires all its
   * watches before anything else is answered, so what it tells one session is one wake-up.
   */
  wakeUps: number;
}

/** A proxy in front of a server that counts what passes and changes nothing. */
export interface Wire {
  connect: string;
  /** Since the last call. */
  take(): Counts;
  close(): Promise<void>;
}

const none = (): Counts => ({
  connections: 0,
  requests: 0,
  byName: {},
  bytes: 0,
  events: 0,
  wakeUps: 0,
});

/** Calls `see` with the body of each length-prefixed frame of a stream. */
function frames(see: (body: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    while (rest.length >= 4) {
      const end = 4 + rest.readInt32BE(0);
      if (rest.length < end) return;
      see(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
  };
}

/** The first frame each way opens the session and has no header. */
function afterFirst(see: (body: Buffer) => void): (body: Buffer) => void {
  let first = true;
  return (body) => {
    if (first) first = false;
    else see(body);
  };
}

export async function startWire(target: number): Promise<Wire> {
  let counts = none();
  const sockets = new Set<net.Socket>();

  const server = net.createServer((client) => {
    const upstream = net.connect(target, "127.0.0.1");
    counts.connections++;
    const request = frames(
      afterFirst((body) => {
        const operation = body.readInt32BE(4);
        if (operation === PING) return;
        const name = NAMES[operation] ?? `operation ${operation}`;
        counts.requests++;
        counts.byName[name] = (counts.byName[name] ?? 0) + 1;
      }),
    );
    let woken = false;
    const answer = frames(
      afterFirst((body) => {
        const event = body.readInt32BE(0) === EVENT_XID;
        if (event) counts.events++;
        if (event && !woken) counts.wakeUps++;
        woken = event;
      }),
    );
    client.on("data", (chunk: Buffer) => {
      counts.bytes += chunk.length;
      request(chunk);
      upstream.write(chunk);
    });
    upstream.on("data", (chunk: Buffer) => {
      counts.bytes += chunk.length;
      answer(chunk);
      client.write(chunk);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay();
      socket.on("error", () => {}); // the other side learns it by the close
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  return {
    connect: `127.0.0.1:${port}`,
    take() {
      const taken = counts;
      counts = none();
      return taken;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { settle, within } from "../../core/lock/tree/settle";
import { set } from "../../core/zookeeper/operations";
import { parseServers } from "../../core/zookeeper/servers";
import { Session } from "../../core/zookeeper/session";
import { useRig } from "./rig";

const MEGABYTE = Buffer.alloc(1_100_000, "x");

/** Takes a session, and answers whatever it is asked with the head of an answer of 100 MB. */
async function startBoaster(): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      const welcome = Buffer.alloc(4 + 36);
      welcome.writeInt32BE(36, 0);
      welcome.writeInt32BE(4000, 8);
      welcome.writeInt32BE(16, 20);
      socket.write(welcome);
      socket.on("data", () => {
        const head = Buffer.alloc(4);
        head.writeInt32BE(100_000_000);
        socket.write(head);
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

describe("what is too large for ZooKeeper", () => {
  const rig = useRig();

  it("is not sent: a real server ends the connection over it, each time", async () => {
    const session = await rig.connected();
    await session.create("/large");
    let suspended = 0;
    session.on("suspended", () => suspended++);
    for (const reply of [
      await session.create("/large/x", MEGABYTE),
      await session.setData("/large", MEGABYTE, -1),
      await session.multi([set("x", "/large", MEGABYTE)]),
    ])
      expect(reply).to.include({ code: "REQUEST_TOO_LARGE", unsent: true });
    expect(suspended).to.equal(0);
    // what is just small enough is taken
    const most = Buffer.alloc(1_046_900, "x");
    expect((await session.create("/large/y", most)).code).to.equal("OK");
  });

  it("is refused as an answer, of a read alone", async () => {
    const server = await startBoaster();
    const { port } = server.address() as net.AddressInfo;
    const servers = parseServers(`127.0.0.1:${port}`);
    const session = new Session({ servers });
    try {
      for (const ask of [
        () => session.getChildren("/x"),
        () => session.getData("/x"),
        () => session.exists("/x"),
      ]) {
        const { reply } = await settle(session, within(session, 10), ask);
        expect(reply.code).to.equal("ANSWER_TOO_LARGE");
      }
      await session.ready({ within: 10_000 });
      const { code } = await session.multi([set("x", "/x", Buffer.alloc(1))]);
      expect(code).to.equal("CONNECTION_LOSS");
    } finally {
      await session.close();
      server.close();
    }
  });
});

import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import {
  startEnsemble,
  startZookeeper,
  type ZookeeperServer,
} from "../support/zookeeper";
import { doctorAt, runAt } from "./said-of-servers";
import { Locks } from "./locks";

/** What a server refuses is told by its name, with the advice that helps and no other. */
describe("a server that refuses", () => {
  let sandbox: Sandbox;

  before(async () => (sandbox = await Sandbox.create()));
  after(() => sandbox.stop());

  const run = ({ connect }: { connect: string }) => runAt(sandbox, connect);
  const doctor = (servers: string) => doctorAt(sandbox, servers);

  it("for a quota: its name and the quota, no credentials", async () => {
    const server = await startZookeeper(sandbox, {
      properties: ["-Dzookeeper.enforceQuota=true"],
      extra: ["enforceQuota=true"],
    });
    const locks = new Locks(server.connect);
    const session = await locks.session();
    try {
      await session.create("/locked-action");
      await session.create("/zookeeper/quota/locked-action");
      await session.create(
        "/zookeeper/quota/locked-action/zookeeper_limits",
        Buffer.from("count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=1"),
      );
      await session.create(
        "/zookeeper/quota/locked-action/zookeeper_stats",
        Buffer.from("count=1,bytes=0"),
      );
      const { code, said } = await run(server);
      expect(code).to.equal(6);
      expect(said).to.contain("QUOTA_EXCEEDED").and.contain("listquota");
      expect(said).not.to.contain("LOCKED_ACTION_AUTH");
      const report = await doctor(server.connect);
      expect(report).to.match(/permissions \| failed \| .*QUOTA_EXCEEDED/);
      expect(report).not.to.contain("LOCKED_ACTION_AUTH");
    } finally {
      await locks.close();
    }
  });

  it("whoever has no credentials: the variable that gives them", async () => {
    const server = await startZookeeper(sandbox, {
      properties: [
        "-Dzookeeper.enforce.auth.enabled=true",
        "-Dzookeeper.enforce.auth.schemes=digest",
      ],
    });
    const { code, said } = await run(server);
    expect(code).to.equal(6);
    expect(said).to.contain("LOCKED_ACTION_AUTH");
  });

  it("writes, because its ensemble is gone: none serves", async () => {
    const ensemble = await startEnsemble(sandbox, 3, {
      properties: ["-Dreadonlymode.enabled=true"],
    });
    const [first, second, third] = ensemble.servers;
    await Promise.all([second!.kill(), third!.kill()]);
    await eventually("it serves reads alone", async () =>
      /^Mode: read-only/m.test(await first!.fourLetter("srvr")),
    );
    const report = await doctor(ensemble.connect);
    expect(report).to.match(/\| failed \| read-only: it is cut off/);
    expect(report).to.contain("ensemble | failed | 0 of 3 servers serve");
    expect(report).not.to.match(/\| ok \|/);
  });

  for (const [what, answer, told] of [
    ["TLS alone", "\x15\x03\x03\x00\x02\x02\x28", /speaks TLS alone/],
    [
      "no ZooKeeper",
      "HTTP/1.1 400 Bad Request\r\n\r\n",
      /no ZooKeeper is there/,
    ],
    ["nothing", "", /is the port for TLS alone, or .*maxClientCnxns/],
  ] as const)
    it(`to speak with us: ${what}`, async () => {
      const server = net.createServer((socket) => {
        socket.on("error", () => {});
        socket.end(Buffer.from(answer, "latin1"));
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      try {
        const { port } = server.address() as net.AddressInfo;
        expect(await doctor(`127.0.0.1:${port}`)).to.match(told);
      } finally {
        server.close();
      }
    });

  it("more connections: says that they may be used up", async () => {
    const server: ZookeeperServer = await startZookeeper(sandbox, {
      extra: ["maxClientCnxns=1"],
    });
    const locks = new Locks(server.connect);
    try {
      await locks.session();
      expect(await doctor(server.connect)).to.contain("maxClientCnxns");
    } finally {
      await locks.close();
    }
  });
});

import { expect } from "chai";
import { EMPTY } from "../../core/zookeeper/operations";
import { parseServers } from "../../core/zookeeper/servers";
import { Session } from "../../core/zookeeper/session";
import { eventually } from "../support/eventually";
import { startFullPort } from "../support/full-port";
import { startProxy, type Proxy } from "../support/proxy";
import { Sandbox } from "../support/sandbox";
import { startEnsemble, type Ensemble } from "../support/zookeeper";
import { listen, tells } from "./rig";

describe("a session with an ensemble of three", () => {
  let sandbox: Sandbox;
  let ensemble: Ensemble;
  const sessions: Session[] = [];
  const proxies: Proxy[] = [];

  before(async () => {
    sandbox = await Sandbox.create();
    ensemble = await startEnsemble(sandbox, 3, {
      tickTime: 500,
      // a server that is slow, on a machine with much to do, is no dead one
      extra: ["syncLimit=20"],
    });
  });
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  });
  after(() => sandbox.stop());

  async function connected(connect: string, sessionTimeout = 10_000) {
    const servers = parseServers(connect);
    const session = new Session({ servers, sessionTimeout });
    sessions.push(session);
    await session.ready({ within: 30_000 });
    return session;
  }

  /** Behind a proxy for each server: which of them it uses is known, and can be frozen. */
  async function proxied(sessionTimeout: number) {
    const used = new Set<number>();
    const mine = await Promise.all(
      ensemble.servers.map(async ({ port }, i) => {
        const proxy = await startProxy(port);
        proxy.onRequest = () => used.add(i);
        proxies.push(proxy);
        return proxy;
      }),
    );
    const connect = mine.map((proxy) => proxy.connect).join(",");
    const session = await connected(connect, sessionTimeout);
    const server = async () => {
      used.clear();
      await session.exists("/");
      return ensemble.servers[[...used][0]!]!;
    };
    return { session, server };
  }

  it("moves to the next server when its own freezes, and keeps its ephemeral nodes", async () => {
    const { session, server } = await proxied(10_000);
    const observer = await connected(ensemble.connect);
    await session.create("/kept", EMPTY, "ephemeral");
    const told = listen(session);
    const leader = await ensemble.leader();
    let own = await server();
    // the leader's own freeze is another story: the ensemble has to elect first
    while (own === leader) {
      const before = told.length;
      for (const proxy of proxies) proxy.cut();
      await eventually("it is back", () =>
        told.slice(before).includes("connected"),
      );
      own = await server();
    }
    told.length = 0;
    own.pause();
    try {
      await tells(told, "connected");
      expect(told).to.deep.equal(["suspended", "connected"]);
      expect(session.epoch).to.equal(1);
      expect((await session.setData("/kept", EMPTY, -1)).code).to.equal("OK");
    } finally {
      own.resume();
    }
    await observer.ready({ within: 30_000 });
    await eventually("others see it still", async () => {
      return (await observer.exists("/kept")).code === "OK";
    });
  });

  it("survives the death of the leader with its ephemeral nodes", async () => {
    const session = await connected(ensemble.connect);
    await session.create("/kept-2", EMPTY, "ephemeral");
    const leader = await ensemble.leader();
    await leader.kill();
    await eventually("a write is answered again", async () => {
      await session.ready({ within: 30_000 });
      return (await session.setData("/kept-2", EMPTY, -1)).code === "OK";
    });
    expect(session.epoch).to.equal(1);
    await leader.restart();
  });

  it("finds the good servers of a list at once, whatever the others do", async () => {
    const dead = await startProxy(ensemble.servers[0]!.port);
    const silent = await startProxy(ensemble.servers[0]!.port);
    proxies.push(dead, silent);
    dead.mode = "refuse";
    silent.mode = "blackhole";
    const full = await startFullPort(sandbox);
    for (let round = 0; round < 4; round++) {
      const good = ensemble.servers[round % 3]!.connect;
      const bad = round % 2 ? full : silent.connect;
      const session = await connected(`${bad},${dead.connect},${good}`);
      expect((await session.exists("/")).code).to.equal("OK");
    }
  });

  it("begins with any of its servers", async () => {
    const opened = Array.from({ length: 16 }, () =>
      connected(ensemble.connect),
    );
    const ids = (await Promise.all(opened)).map(({ sessionId }) => sessionId);
    const used = await Promise.all(
      ensemble.servers.map(async (server) => {
        const connections = await server.fourLetter("cons");
        return ids.some((id) => connections.includes(`sid=0x${id}`));
      }),
    );
    expect(used).to.deep.equal([true, true, true]);
  });
});

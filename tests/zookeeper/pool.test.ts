import { expect } from "chai";
import { createSessionPool, type SessionPool } from "../../core/zookeeper/pool";
import { eventually } from "../support/eventually";
import { useRig } from "./rig";

describe("the pool of sessions", () => {
  const rig = useRig();
  let pool: SessionPool;
  beforeEach(() => (pool = createSessionPool()));
  afterEach(() => pool.close());

  /** Connections at the server, without the one that asks. */
  const connections = async () =>
    (await rig.server.fourLetter("cons"))
      .split("\n")
      .filter((line) => line.includes("sid=")).length;

  it("shares one session for a quorum and credentials, however they are written", async () => {
    const { connect, port } = rig.server;
    const leases = await Promise.all([
      pool.lease({ servers: connect }),
      pool.lease({ servers: ` ${connect} ` }),
      pool.lease({ servers: `127.0.0.1:${port},127.0.0.1:${port}/` }),
    ]);
    expect(new Set(leases.map(({ session }) => session)).size).to.equal(1);
    expect(await connections()).to.equal(1);
  });

  it("gives other credentials, another chroot, a session of their own", async () => {
    const { connect } = rig.server;
    const auth = [{ scheme: "digest", credentials: "a:b" }];
    const leases = [
      await pool.lease({ servers: connect }),
      await pool.lease({ servers: connect, auth }),
      await pool.lease({ servers: `${connect}/app` }),
    ];
    expect(new Set(leases.map(({ session }) => session)).size).to.equal(3);
  });

  it("closes it when the last user is done, and opens a new one for the next", async () => {
    const { connect } = rig.server;
    const first = await pool.lease({ servers: connect });
    const second = await pool.lease({ servers: connect });
    await first.release();
    await first.release(); // counted once
    expect(second.session.state).to.equal("connected");
    await second.release();
    expect(second.session.state).to.equal("closed");
    await eventually("the server has no connection", async () => {
      return (await connections()) === 0;
    });
    const third = await pool.lease({ servers: connect });
    expect(third.session).not.to.equal(first.session);
    expect((await third.session.exists("/")).code).to.equal("OK");
  });

  it("says within its deadline which servers did not answer", async () => {
    const proxy = await rig.proxy();
    proxy.mode = "blackhole";
    const lease = pool.lease({ servers: proxy.connect }, { timeout: 0.3 });
    const error = await lease.then(
      () => null,
      (error: Error) => error,
    );
    expect(error?.message).to.equal(
      `ZooKeeper at ${proxy.connect}: not connected within 0.3 s: no connection to ${proxy.connect}`,
    );
  });

  it("ends a lease's wait by its signal, and the wait of nobody else", async () => {
    const proxy = await rig.proxy();
    proxy.mode = "refuse";
    const servers = proxy.connect;
    const abort = new AbortController();
    const one = pool.lease({ servers }, { signal: abort.signal });
    const two = pool.lease({ servers });
    abort.abort();
    const error = await one.then(
      () => null,
      (error: Error) => error,
    );
    expect(error?.message).to.match(/cancelled$/);
    proxy.mode = "ok";
    expect((await (await two).session.exists("/")).code).to.equal("OK");
  });

  it("refuses a bad list of servers before it opens anything", async () => {
    const error = await pool.lease({ servers: "zk1:abc" }).then(
      () => null,
      (error: Error) => error,
    );
    expect(error?.message).to.equal(
      "ZooKeeper servers: server 1: expected a port from 1 to 65535 after the colon",
    );
  });
});

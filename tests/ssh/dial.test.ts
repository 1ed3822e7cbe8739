import { once } from "node:events";
import net from "node:net";
import { expect } from "chai";
import { createHostPool } from "../../core/ssh/pool";
import { eventually } from "../support/eventually";
import { startHosts } from "../support/hosts";
import { freePorts } from "../support/ports";
import { startProxy } from "../support/proxy";
import { connect } from "./connect";
import { dialling } from "./dialling";

describe("dialling a host", () => {
  const at = dialling();
  const { to, failure, works, sessions } = at;

  it("shares one connection between all leases, and closes it with the last", async () => {
    const hosts = await Promise.all(
      Array.from({ length: 5 }, () => at.pool.lease(to("web1"))),
    );
    expect(sessions("web1")).to.equal(1);
    for (const host of hosts.slice(1)) host.release();
    for (const host of hosts.slice(1)) host.release(); // twice is once
    expect((await hosts[0]!.run({ body: "true", timeout: 9 })).kind).to.equal(
      "exit",
    );
    expect(sessions("web1")).to.equal(1);
    hosts[0]!.release();
    await eventually("the session is over", () => sessions("web1") === 0);
    await works(to("web1")); // and it can be had again
    await eventually("the session is over", () => sessions("web1") === 0);
  });

  it("has a connection of its own for other credentials", async () => {
    const one = await at.pool.lease(to("web1"));
    const two = await at.pool.lease(to("web1", { password: "unused" }));
    expect(sessions("web1")).to.equal(2);
    one.release();
    two.release();
  });

  it("names what it found instead of an SSH server", async () => {
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    const error = await failure(to("web1", { port }));
    expect(error.message).to.match(
      /cannot be reached: .*(handshake|identification|protocol|closed)/i,
    );
    server.close();
  });

  it("reaches a host by IPv6, with and without brackets", async function () {
    const probe = net.createServer();
    probe.listen(0, "::1");
    const up = await Promise.race([
      once(probe, "listening").then(() => true),
      once(probe, "error").then(() => false),
    ]);
    if (!up) {
      console.log("        skipped: this machine has no IPv6");
      return this.skip();
    }
    probe.close();
    const six = net.createServer((client) => {
      const upstream = net.connect(at.fleet.host("web1").port, "127.0.0.1");
      for (const socket of [client, upstream]) socket.on("error", () => {});
      client.pipe(upstream).pipe(client);
    });
    six.listen(0, "::1");
    await once(six, "listening");
    const { port } = six.address() as net.AddressInfo;
    const key = at.fleet.host("web1").hostKey;
    const knownHosts = `[::1]:${port} ${key}\n`;
    expect(await works(to("web1", { host: "::1", port, knownHosts }))).to.equal(
      "web1",
    );
    const hostKey = key;
    expect(await works(to("web1", { host: "[::1]", port, hostKey }))).to.equal(
      "web1",
    );
    const bad = await failure(
      to("web1", { host: "::1", port: (await freePorts(1))[0]! }),
    );
    expect(bad.message).to.match(
      /^\[::1\]:\d+ cannot be reached: connect ECONNREFUSED/,
    );
    six.close();
  });

  it("makes no more handshakes with one host at a time than it may", async () => {
    // this sshd turns away what is beyond, and is slow to count down
    const strict = await startHosts(at.sandbox, ["strict"], {
      config: ["MaxStartups 4"],
    });
    const small = createHostPool({ handshakes: 2 });
    const leases = await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        small.lease(
          connect({
            ...strict.connection("strict"),
            password: `makes it another connection ${i}`,
          }),
        ),
      ),
    );
    expect(leases).to.have.length(16);
    small.close();
  });

  it("leaves nothing behind when the pool is closed, dials included", async () => {
    const proxy = await startProxy(at.fleet.host("web2").port);
    proxy.mode = "blackhole";
    await at.pool.lease(to("web1"));
    const dialing = failure(
      to("web2", { port: proxy.port, dialErrorLimit: 3 }),
    );
    at.pool.close();
    expect((await dialing).message).to.contain("the pool was closed");
    await eventually("the session is over", () => sessions("web1") === 0);
    expect((await failure(to("web1"))).message).to.contain(
      "the pool was closed",
    );
    await proxy.close();
  });
});

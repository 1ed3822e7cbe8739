import { once } from "node:events";
import net from "node:net";
import { expect } from "chai";
import { DialError } from "../../core/ssh/types";
import { freePorts } from "../support/ports";
import { startProxy } from "../support/proxy";
import { dialling } from "./dialling";

describe("dialling a host", () => {
  const at = dialling();
  const { to, failure, works } = at;

  it("tries again with a pause, and keeps the reason of each try", async () => {
    const [port] = await freePorts(1);
    const told: unknown[][] = [];
    const error = await failure(
      to("web1", { port: port!, dialErrorLimit: 3 }),
      {
        onTry: (...args) => told.push(args),
      },
    );
    expect(error.message).to.match(
      new RegExp(
        `^127.0.0.1:${port} cannot be reached after 3 tries in .* s: connect ECONNREFUSED 127.0.0.1:${port}$`,
      ),
    );
    expect(error.tries).to.deep.equal(
      [1, 2, 3].map((n) => `try ${n}: connect ECONNREFUSED 127.0.0.1:${port}`),
    );
    expect(error.retriable).to.equal(true);
    expect(told.map(([number, of]) => [number, of])).to.deep.equal([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  it("succeeds when the host comes up between two tries", async () => {
    const proxy = await startProxy(at.fleet.host("web1").port);
    proxy.mode = "refuse";
    const known = { hostKey: at.fleet.host("web1").hostKey };
    let tries = 0;
    const host = await at.pool.lease(
      to("web1", { ...known, port: proxy.port, dialErrorLimit: -1 }),
      {
        onTry: () => {
          if (++tries === 2) proxy.mode = "ok";
        },
      },
    );
    expect(tries).to.equal(2);
    host.release();
    await proxy.close();
  });

  it("stops at once when it is called off, in the pause as in the try", async () => {
    const silent = net.createServer((socket) => {
      socket.on("error", () => {});
    });
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as net.AddressInfo;
    const inTry = new AbortController();
    silent.once("connection", () => inTry.abort());
    const one = await failure(to("web1", { port, dialErrorLimit: 5 }), {
      signal: inTry.signal,
    });
    expect(one.message).to.equal(`dialling 127.0.0.1:${port} was given up`);
    silent.close();
    const inPause = new AbortController();
    const [closed] = await freePorts(1);
    const two = await failure(
      to("web1", { port: closed!, dialErrorLimit: -1 }),
      {
        signal: inPause.signal,
        onTry: () => inPause.abort(),
      },
    );
    expect(two.message).to.equal(`dialling 127.0.0.1:${closed} was given up`);
    expect(two.tries).to.have.length(1);
    const before = await failure(to("web1"), { signal: AbortSignal.abort() });
    expect(before.tries).to.deep.equal([]);
  });

  it("goes on for the others when one who waits with them gives up", async () => {
    const proxy = await startProxy(at.fleet.host("web1").port);
    proxy.mode = "blackhole";
    const options = to("web1", {
      hostKey: at.fleet.host("web1").hostKey,
      port: proxy.port,
    });
    const leaves = new AbortController();
    const gone = at.pool.lease(options, { signal: leaves.signal });
    const stays = at.pool.lease(options);
    leaves.abort();
    const error = await gone.catch((e: unknown) => e);
    expect(error).to.be.instanceOf(DialError);
    proxy.cut();
    proxy.mode = "ok";
    await stays.catch(() => {}); // the try that was cut
    await works(options);
    await proxy.close();
  });

  it("bounds each try by perDialTimeout, whatever does not answer", async () => {
    const proxy = await startProxy(at.fleet.host("web1").port);
    for (const mode of ["blackhole", "dropReplies"] as const) {
      proxy.mode = mode;
      const error = await failure(
        to("web1", { port: proxy.port, perDialTimeout: 0.5 }),
      );
      expect(error.message).to.equal(
        `127.0.0.1:${proxy.port} cannot be reached: no connection within 0.5 s`,
      );
    }
    await proxy.close();
  });

  it("names an unknown name", async () => {
    const error = await failure(to("web1", { host: "no-such-host.invalid" }));
    expect(error.message).to.match(
      /^no-such-host.invalid:\d+ cannot be reached: getaddrinfo E/,
    );
    expect(error.retriable).to.equal(true);
  });
});

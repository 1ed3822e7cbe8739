import { execFileSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { expect } from "chai";
import { createHostPool } from "../../core/ssh/pool";
import {
  DialError,
  type ConnectionOptions,
  type DialOptions,
  type HostPool,
} from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { keygen, startHosts, type Fleet } from "../support/hosts";
import { freePorts } from "../support/ports";
import { startProxy } from "../support/proxy";
import { Sandbox } from "../support/sandbox";
import { connect } from "./connect";

describe("dialling a host", () => {
  let sandbox: Sandbox;
  let fleet: Fleet;
  let pool: HostPool;

  before(async () => {
    sandbox = await Sandbox.create();
    fleet = await startHosts(sandbox, ["web1", "web2", "jump1", "jump2"]);
  });
  after(() => sandbox.stop());
  beforeEach(() => (pool = createHostPool()));
  afterEach(() => pool.close());

  const to = (name: string, more: Partial<ConnectionOptions> = {}) =>
    connect({ ...fleet.connection(name), ...more });
  const failure = async (options: ConnectionOptions, dial?: DialOptions) => {
    const error = await pool.lease(options, dial).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(DialError);
    return error as DialError;
  };
  const works = async (options: ConnectionOptions) => {
    const host = await pool.lease(options);
    const result = await host.run({ body: "echo $DEMO_HOST", timeout: 20 });
    host.release();
    expect(result).to.include({ kind: "exit", code: 0 });
    return result.stdout.trim();
  };
  const sessions = (name: string) =>
    fs
      .readFileSync(
        `/proc/${fleet.host(name).pid}/task/${fleet.host(name).pid}/children`,
        "utf8",
      )
      .split(" ")
      .filter((pid) => pid).length;

  it("shares one connection between all leases, and closes it with the last", async () => {
    const hosts = await Promise.all(
      Array.from({ length: 5 }, () => pool.lease(to("web1"))),
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
    const one = await pool.lease(to("web1"));
    const two = await pool.lease(to("web1", { password: "unused" }));
    expect(sessions("web1")).to.equal(2);
    one.release();
    two.release();
  });

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
    const proxy = await startProxy(fleet.host("web1").port);
    proxy.mode = "refuse";
    const known = { hostKey: fleet.host("web1").hostKey };
    let tries = 0;
    const host = await pool.lease(
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
    const proxy = await startProxy(fleet.host("web1").port);
    proxy.mode = "blackhole";
    const options = to("web1", {
      hostKey: fleet.host("web1").hostKey,
      port: proxy.port,
    });
    const leaves = new AbortController();
    const gone = pool.lease(options, { signal: leaves.signal });
    const stays = pool.lease(options);
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
    const proxy = await startProxy(fleet.host("web1").port);
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
      const upstream = net.connect(fleet.host("web1").port, "127.0.0.1");
      for (const socket of [client, upstream]) socket.on("error", () => {});
      client.pipe(upstream).pipe(client);
    });
    six.listen(0, "::1");
    await once(six, "listening");
    const { port } = six.address() as net.AddressInfo;
    const key = fleet.host("web1").hostKey;
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

  it("names an unknown name", async () => {
    const error = await failure(to("web1", { host: "no-such-host.invalid" }));
    expect(error.message).to.match(
      /^no-such-host.invalid:\d+ cannot be reached: getaddrinfo E/,
    );
    expect(error.retriable).to.equal(true);
  });

  describe("checks the host key", () => {
    it("and never tries again with a wrong one", async () => {
      const knownHosts = `[127.0.0.1]:${fleet.host("web1").port} ${fleet.host("web2").hostKey}`;
      const error = await failure(
        to("web1", { knownHosts, dialErrorLimit: 5 }),
      );
      expect(error.message).to.match(
        /cannot be reached: the host key is not the one in known_hosts: expected SHA256:.{43} \(ssh-ed25519, line 1\), seen SHA256:.{43} \(ssh-ed25519\)$/,
      );
      expect(error.tries).to.have.length(1);
      expect(error.retriable).to.equal(false);
    });

    it("against the runner's own known_hosts by default", async () => {
      const home = process.env.HOME;
      process.env.HOME = fs.mkdtempSync(path.join(sandbox.dir, "home-"));
      try {
        const { knownHosts, ...rest } = to("web1");
        expect((await failure(rest)).message).to.contain(
          "the host key is unknown",
        );
        fs.mkdirSync(path.join(process.env.HOME, ".ssh"));
        fs.writeFileSync(
          path.join(process.env.HOME, ".ssh/known_hosts"),
          knownHosts!,
        );
        expect(await works(rest)).to.equal("web1");
      } finally {
        process.env.HOME = home;
      }
    });

    it("by a pinned key, and not at all only when told so", async () => {
      const { hostKey } = fleet.host("web1");
      expect(await works(to("web1", { knownHosts: "", hostKey }))).to.equal(
        "web1",
      );
      expect(
        await works(
          to("web1", { knownHosts: "", insecureIgnoreHostKey: true }),
        ),
      ).to.equal("web1");
    });

    it("asks for the type that is known, and says so if the host has none", async () => {
      const ecdsa = keygen(path.join(sandbox.dir, "other-type"), {
        type: "ecdsa",
      });
      const knownHosts = `[127.0.0.1]:${fleet.host("web1").port} ${ecdsa.publicKey}`;
      const error = await failure(to("web1", { knownHosts }));
      expect(error.message).to.contain(
        "the host has no key of the known type: asked for ecdsa-sha2-nistp256",
      );
      expect(error.retriable).to.equal(false);
    });

    it("of a host with several keys by the one that is known", async () => {
      const file = path.join(sandbox.dir, "second-key");
      const rsa = keygen(file, { type: "rsa", options: ["-b", "2048"] });
      const two = await startHosts(sandbox, ["two"], {
        config: [`HostKey ${file}`],
      });
      const knownHosts = `[127.0.0.1]:${two.host("two").port} ${rsa.publicKey}`;
      expect(
        await works(connect({ ...two.connection("two"), knownHosts })),
      ).to.equal("two");
    });
  });

  describe("logs in", () => {
    it("with an encrypted key", async () => {
      const file = path.join(sandbox.dir, "encrypted");
      fs.writeFileSync(file, fleet.privateKey, { mode: 0o600 });
      execFileSync("ssh-keygen", [
        "-q",
        "-p",
        "-P",
        "",
        "-N",
        "secret",
        "-a",
        "1",
        "-f",
        file,
      ]);
      const privateKey = fs.readFileSync(file, "utf8");
      expect(
        await works(to("web1", { privateKey, privateKeyPassword: "secret" })),
      ).to.equal("web1");
      const error = await failure(
        to("web1", { privateKey, dialErrorLimit: 3 }),
      );
      expect(error.message).to.contain(
        "the private key is encrypted: privateKeyPassword is needed",
      );
      expect(error.tries).to.have.length(1);
    });

    it("with an agent, which may be dead if there is another way", async () => {
      const socket = path.join(sandbox.dir, "agent");
      const agent = sandbox.spawn("ssh-agent", ["-D", "-a", socket]);
      await eventually("the agent listens", () => fs.existsSync(socket));
      execFileSync("ssh-add", ["-q", "-"], {
        input: fleet.privateKey,
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: ["pipe", "ignore", "ignore"],
      });
      const { privateKey, ...keyless } = to("web1");
      expect(await works({ ...keyless, agentSocketPath: socket })).to.equal(
        "web1",
      );
      const own = process.env.SSH_AUTH_SOCK;
      process.env.SSH_AUTH_SOCK = socket;
      expect(await works(keyless)).to.equal("web1");
      if (own === undefined) delete process.env.SSH_AUTH_SOCK;
      else process.env.SSH_AUTH_SOCK = own;
      agent.kill("SIGKILL");
      await once(agent, "exit");
      const error = await failure({
        ...keyless,
        agentSocketPath: socket,
        dialErrorLimit: 3,
      });
      expect(error.message).to.match(
        /the host does not let \S+ in: tried agent \(agent: Failed to connect to agent\)$/,
      );
      expect(error.retriable).to.equal(false);
      expect(
        await works({
          ...keyless,
          agentSocketPath: socket,
          privateKey: privateKey!,
        }),
      ).to.equal("web1");
    });

    it("or says what it tried and what the host offers, once", async () => {
      const { privateKey } = keygen(path.join(sandbox.dir, "stranger"));
      const error = await failure(
        to("web1", { privateKey, password: "pass word", dialErrorLimit: 5 }),
      );
      expect(error.message).to.match(
        /the host does not let \S+ in: tried privateKey, password, keyboard-interactive; it offers publickey$/,
      );
      expect(error.message + error.tries.join()).to.not.contain("pass word");
      expect(error.tries).to.have.length(1);
      const nothing = to("web1", { agentSocketPath: "" });
      delete nothing.privateKey;
      expect((await failure(nothing)).message).to.contain(
        "there is no privateKey, agent or password",
      );
    });
  });

  describe("through jump hosts", () => {
    it("goes any number of them, and closes all with the last lease", async () => {
      const proxy = { ...to("jump2"), proxy: to("jump1") };
      expect(await works(to("web1", { proxy }))).to.equal("web1");
      for (const name of ["web1", "jump1", "jump2"])
        await eventually(
          `the session at ${name} is over`,
          () => sessions(name) === 0,
        );
    });

    it("shares the jump host's connection between all hosts behind it", async () => {
      const proxy = to("jump1");
      const leases = await Promise.all([
        pool.lease(to("web1", { proxy })),
        pool.lease(to("web2", { proxy })),
      ]);
      expect(sessions("jump1")).to.equal(1);
      for (const lease of leases) lease.release();
      await eventually("the session is over", () => sessions("jump1") === 0);
    });

    it("tells which of them could not be reached", async () => {
      const [port] = await freePorts(1);
      const first = await failure(
        to("web1", {
          proxy: to("jump1", { port: port!, dialErrorLimit: 2 }),
          dialErrorLimit: 9,
        }),
      );
      expect(first.message).to.match(
        new RegExp(
          `^through the jump host: 127.0.0.1:${port} cannot be reached after 2 tries`,
        ),
      );
      expect(first.tries).to.have.length(2);
      const second = await failure(
        to("web1", { port: port!, proxy: to("jump1") }),
      );
      expect(second.message).to.match(
        /cannot be reached: from the jump host: .*refused/i,
      );
      await eventually("the session is over", () => sessions("jump1") === 0);
    });

    it("says when the jump host forwards nothing", async () => {
      const closed = await startHosts(sandbox, ["closed"], {
        config: ["AllowTcpForwarding no"],
      });
      const error = await failure(
        to("web1", { proxy: connect(closed.connection("closed")) }),
      );
      expect(error.message).to.match(/from the jump host: .*open failed/);
    });
  });

  it("makes no more handshakes with one host at a time than it may", async () => {
    // this sshd turns away what is beyond, and is slow to count down
    const strict = await startHosts(sandbox, ["strict"], {
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
    const proxy = await startProxy(fleet.host("web2").port);
    proxy.mode = "blackhole";
    await pool.lease(to("web1"));
    const dialing = failure(
      to("web2", { port: proxy.port, dialErrorLimit: 3 }),
    );
    pool.close();
    expect((await dialing).message).to.contain("the pool was closed");
    await eventually("the session is over", () => sessions("web1") === 0);
    expect((await failure(to("web1"))).message).to.contain(
      "the pool was closed",
    );
    await proxy.close();
  });
});

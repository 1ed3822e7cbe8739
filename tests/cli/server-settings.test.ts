import { expect } from "chai";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { newerZookeeper } from "../support/newer-zookeeper";
import { freePorts } from "../support/ports";
import { Sandbox } from "../support/sandbox";
import { startEnsemble, startZookeeper } from "../support/zookeeper";
import { doctorAt, runAt } from "./said-of-servers";

/** Its parts that a server with TLS needs. */
const NETTY = [
  ...["buffer", "codec", "common", "handler", "resolver", "transport"],
  ...["transport-native-epoll", "transport-native-unix-common"],
];

/** What a server of its own kind is: told by its name on real ones, with the advice that helps and no other. */
describe("a server whose settings keep us out", () => {
  let sandbox: Sandbox;

  before(async () => (sandbox = await Sandbox.create()));
  after(() => sandbox.stop());

  const run = (servers: string) => runAt(sandbox, servers);
  const doctor = (servers: string) => doctorAt(sandbox, servers);

  for (const [version, others] of [
    ["of the distribution", []],
    [newerZookeeper.VERSION, newerZookeeper.jars()],
  ] as [string, string[] | string][])
    it(`local sessions without upgrading (${version})`, async function () {
      if (typeof others === "string") {
        console.log(`      skipped: ${others}`);
        return this.skip();
      }
      const { connect } = await startEnsemble(sandbox, 1, {
        jars: others,
        extra: [
          ...["standaloneEnabled=false", "localSessionsEnabled=true"],
          "localSessionsUpgradingEnabled=false",
        ],
      });
      const { code, said } = await run(connect);
      expect(code).to.equal(6);
      expect(said).to.contain("EPHEMERAL_ON_LOCAL_SESSION");
      expect(said).to.contain("localSessionsUpgradingEnabled=true");
      expect(said).not.to.contain("LOCKED_ACTION_AUTH");
      const report = await doctor(connect);
      expect(report).to.match(
        /permissions \| failed \| .*EPHEMERAL_ON_LOCAL_SESSION/,
      );
      expect(report).to.contain("localSessionsUpgradingEnabled=true");
      expect(report).not.to.match(/LOCKED_ACTION_AUTH|chroot/);
    });

  it("a port for TLS alone", async () => {
    const store = path.join(sandbox.dir, "keystore.jks");
    execFileSync(
      "keytool",
      [
        ...["-genkeypair", "-alias", "server", "-keyalg", "EC"],
        ...["-dname", "CN=localhost", "-validity", "2"],
        ...["-keystore", store, "-storepass", "secret", "-keypass", "secret"],
      ],
      { stdio: "ignore" },
    );
    const [port] = await freePorts(1);
    await startZookeeper(sandbox, {
      jars: NETTY.map((part) => `/usr/share/java/netty-${part}.jar`),
      properties: [
        "-Dzookeeper.serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory",
        `-Dzookeeper.ssl.keyStore.location=${store}`,
        "-Dzookeeper.ssl.keyStore.password=secret",
        "-Dzookeeper.ssl.clientAuth=none",
      ],
      extra: [`secureClientPort=${port}`, "secureClientPortAddress=127.0.0.1"],
    });
    const report = await doctor(`127.0.0.1:${port}`);
    expect(report).to.match(/server 127\.0\.0\.1:\d+ \| failed \| .*TLS/);
    expect(report).to.contain("0 of 1 servers serve");
    const { code, said } = await run(`127.0.0.1:${port}`);
    expect(code).to.equal(5);
    expect(said).to.contain("locked-action doctor");
  });
});

import { expect } from "chai";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import type { z } from "zod";
import { doctorJson } from "../../cli/json";
import { eventually } from "../support/eventually";
import { startHosts } from "../support/hosts";
import { Sandbox } from "../support/sandbox";
import {
  startEnsemble,
  startZookeeper,
  type Ensemble,
  type ZookeeperServer,
} from "../support/zookeeper";
import { locked } from "./command";
import { Locks } from "./locks";

type Report = z.infer<typeof doctorJson>;

describe("locked-action doctor", () => {
  let sandbox: Sandbox;
  let ensemble: Ensemble;
  let alone: ZookeeperServer;

  before(async () => {
    sandbox = await Sandbox.create();
    [ensemble, alone] = await Promise.all([
      startEnsemble(sandbox, 3),
      startZookeeper(sandbox, {
        extra: ["maxSessionTimeout=6000"],
      }),
    ]);
  });
  after(() => sandbox.stop());

  const examine = async (
    servers: string,
    ...more: string[]
  ): Promise<Report & { code: number | null }> => {
    const args = ["doctor", "--json", "--servers", servers, ...more];
    const { code, stdout } = await locked(sandbox, args);
    return { code, ...doctorJson.parse(JSON.parse(stdout)) };
  };
  const of = ({ checks }: Report, check: string) => {
    const found = checks.find((one) => one.check === check);
    return found && [found.result, found.found];
  };

  it("finds nothing wrong with a healthy ensemble", async () => {
    const locks = new Locks(ensemble.connect);
    try {
      await locks.live("web", "web1");
      const report = await examine(ensemble.connect);
      expect([report.code, report.ok]).to.deep.equal([0, true]);
      const results = new Set(report.checks.map(({ result }) => result));
      expect([...results]).to.deep.equal(["ok"]);
      expect(of(report, "ensemble")).to.deep.equal([
        ...["ok", "3 of 3 servers serve"],
      ]);
      expect(of(report, "locks")).to.deep.equal([
        "ok",
        "1 below /locked-action",
      ]);
      const modes = report.checks.slice(0, 3).map(({ found }) => found);
      expect(modes.join())
        .to.match(/leader/)
        .and.to.match(/follower/);
    } finally {
      await locks.close();
    }
  });

  it("tells two quorums in one list from one", async () => {
    const servers = `${ensemble.connect},${alone.connect}`;
    const report = await examine(servers);
    expect([report.code, report.ok]).to.deep.equal([1, false]);
    expect(of(report, "ensemble")).to.deep.equal([
      ...["failed", `${alone.connect} is standalone, not part of an ensemble`],
    ]);
  });

  it("warns of a clamped session, of a root that is not there, of what is blocked", async () => {
    const report = await examine(alone.connect);
    expect(report.code).to.equal(0);
    expect(of(report, "session")).to.deep.equal([
      ...["warning", "time-out 6 s, clamped by the server (asked: 15 s)"],
    ]);
    expect(of(report, "root")?.[0]).to.equal("warning");
    const locks = new Locks(alone.connect);
    try {
      await locks.failed("web", "web1");
    } finally {
      await locks.close();
    }
    expect(of(await examine(alone.connect), "locks")).to.deep.equal([
      ...["warning", "1 below /locked-action, 1 blocked"],
    ]);
  });

  it("leaves nothing behind in ZooKeeper", async () => {
    const locks = new Locks(ensemble.connect);
    try {
      const session = await locks.session();
      await examine(ensemble.connect, "--root", "/nowhere/locks");
      const { children } = await session.getChildren("/");
      expect(children?.sort()).to.deep.equal(["locked-action", "zookeeper"]);
    } finally {
      await locks.close();
    }
  });

  it("says what is not allowed", async () => {
    const locks = new Locks(alone.connect);
    try {
      const auth = [{ scheme: "digest", credentials: "deployer:secret" }];
      const session = await locks.session(auth);
      await session.create("/guarded");
      const report = await examine(alone.connect, "--root", "/guarded");
      expect(report.code).to.equal(1);
      expect(of(report, "permissions")?.[1]).to.contain("NO_AUTH");
      expect(of(report, "locks")?.[0]).to.equal("failed");
    } finally {
      await locks.close();
    }
  });

  it("looks at hosts over SSH, and says why one cannot be reached", async () => {
    const fleet = await startHosts(sandbox, ["web1"]);
    const home = fs.mkdtempSync(path.join(sandbox.dir, "home-"));
    const key = path.join(home, "key");
    fs.mkdirSync(path.join(home, ".ssh"));
    fs.writeFileSync(path.join(home, ".ssh/known_hosts"), fleet.knownHosts);
    fs.writeFileSync(key, fleet.privateKey, { mode: 0o600 });
    const { user, port } = fleet.hosts[0]!;
    const host = `${user}@127.0.0.1:${port}`;
    const args = ["doctor", "--servers", alone.connect, "--identity", key];
    const env = { HOME: home };
    const well = await locked(sandbox, [...args, "--host", host], { env });
    expect(well.stdout).to.match(
      new RegExp(`^ok +host ${host}: reachable`, "m"),
    );
    const sleeper = path.join(fleet.hosts[0]!.dir, "doctored");
    fs.copyFileSync(fs.realpathSync("/bin/sleep"), sleeper);
    const child = sandbox.spawn(sleeper, ["300"], { stdio: "ignore" });
    await eventually("it runs", () =>
      fs
        .readFileSync(`/proc/${child.pid}/cmdline`, "utf8")
        .includes("doctored"),
    );
    const asked = [...args, "--host", host, "--process"];
    const shown = await locked(sandbox, [...asked, "^doctored$"], { env });
    expect(shown.stdout).to.match(
      new RegExp(
        `^ok +host ${host}: \\^doctored\\$: matches 1 process\n +pid ${child.pid}, .* old: ${sleeper} 300$`,
        "m",
      ),
    );
    const narrow = [...asked, "^doctored 300$", "--user", user];
    const none = await locked(sandbox, narrow, { env });
    expect(none.stdout).to.contain(`of user ${user}: matches no process`);
    const full = [...asked, "doctored 300$", "--full-cmd"];
    const line = await locked(sandbox, full, { env });
    expect(line.stdout).to.contain("over command lines: matches 1 process");
    child.kill();
    for (const wrong of [
      [...asked, "a{2}"],
      [...args, "--process", "x"],
      [...args, "--host", host, "--full-cmd"],
    ])
      expect((await locked(sandbox, wrong, { env })).code).to.equal(2);
    fs.writeFileSync(path.join(home, ".ssh/known_hosts"), "");
    const unknown = await locked(sandbox, [...args, "--host", host], { env });
    expect(unknown.code).to.equal(1);
    expect(unknown.stdout).to.match(new RegExp(`^failed +host ${host}: `, "m"));
    const wrong = await locked(sandbox, [...args, "--host", "a b"], { env });
    expect(wrong.code).to.equal(2);
  });

  it("asks for a session where srvr is not let through", async () => {
    const filter = net.createServer((client) => {
      client.on("error", () => {});
      client.once("data", (first) => {
        if (first.toString() === "srvr") return void client.destroy();
        const server = net.connect(alone.port, "127.0.0.1");
        server.on("error", () => {});
        server.write(first);
        client.pipe(server).pipe(client);
      });
    });
    await once(filter.listen(0, "127.0.0.1"), "listening");
    const { port } = filter.address() as net.AddressInfo;
    const report = await examine(`127.0.0.1:${port}`).finally(() =>
      filter.close(),
    );
    expect(of(report, `server 127.0.0.1:${port}`)).to.deep.equal([
      ...["ok", "version and mode not told: srvr is not let through"],
    ]);
  });

  it("looks at each server when some or all are gone", async () => {
    const [gone, ...others] = ensemble.servers;
    await gone!.kill();
    const report = await examine(ensemble.connect);
    expect([report.code, report.ok]).to.deep.equal([0, true]);
    expect(of(report, `server ${gone!.connect}`)?.[0]).to.equal("warning");
    expect(of(report, "ensemble")).to.deep.equal([
      ...["warning", "2 of 3 servers serve"],
    ]);
    await Promise.all(others.map((server) => server.kill()));
    const none = await examine(ensemble.connect);
    expect([none.code, none.ok]).to.deep.equal([1, false]);
    expect(of(none, "ensemble")?.[0]).to.equal("failed");
  });
});

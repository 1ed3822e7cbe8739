import { expect } from "chai";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { eventually } from "./eventually";
import { startHosts } from "./hosts";
import { Sandbox, SANDBOX_VARIABLE } from "./sandbox";
import { startEnsemble, startZookeeper } from "./zookeeper";
import { TYPESCRIPT } from "./typescript";

const membersOf = (dir: string) =>
  fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return (
          fs
            .readFileSync(`/proc/${pid}/environ`, "latin1")
            .split("\0")
            .includes(`${SANDBOX_VARIABLE}=${dir}`) ||
          fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(`${dir}/`)
        );
      } catch {
        return false; // gone, or not ours
      }
    });

describe("real servers for the tests", () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await Sandbox.create();
  });
  afterEach(() => sandbox.stop());

  it("run in a sandbox, and nothing of them is left after it", async () => {
    const [zookeeper, fleet] = await Promise.all([
      startZookeeper(sandbox),
      startHosts(sandbox, ["web1", "web2"]),
    ]);
    expect(await zookeeper.mode()).to.equal("standalone");
    const { port, user } = fleet.host("web2");
    const key = path.join(sandbox.dir, "key");
    fs.writeFileSync(key, fleet.privateKey, { mode: 0o600 });
    fs.writeFileSync(path.join(sandbox.dir, "known"), fleet.knownHosts);
    const said = execFileSync("ssh", [
      ...["-F", "none", "-i", key, "-p", String(port), "-o", "BatchMode=yes"],
      ...["-o", `UserKnownHostsFile=${sandbox.dir}/known`],
      `${user}@127.0.0.1`,
      "setsid sleep 1000 >/dev/null 2>&1 & echo $DEMO_HOST",
    ]);
    expect(said.toString().trim()).to.equal("web2");
    expect(membersOf(sandbox.dir)).to.have.length.above(3);
    await sandbox.stop();
    expect(membersOf(sandbox.dir)).to.deep.equal([]);
    expect(fs.existsSync(sandbox.dir)).to.equal(false);
  });

  it("go with their parent even when it is killed by -9", async () => {
    const script = `
      import { Sandbox } from "${__dirname}/sandbox";
      import { startZookeeper } from "${__dirname}/zookeeper";
      void (async () => {
        const sandbox = await Sandbox.create();
        await startZookeeper(sandbox);
        console.log(sandbox.dir);
        setInterval(() => {}, 1000);
      })();`;
    fs.writeFileSync(path.join(sandbox.dir, "parent.ts"), script);
    const parent = spawn(
      process.execPath,
      ["--require", TYPESCRIPT, path.join(sandbox.dir, "parent.ts")],
      {
        stdio: ["ignore", "pipe", "inherit"],
        cwd: path.join(__dirname, "../.."),
      },
    );
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const dir = line.toString().trim();
    expect(membersOf(dir)).to.have.length.above(0);
    parent.kill("SIGKILL");
    await eventually("all of it is gone", () => !fs.existsSync(dir));
    expect(membersOf(dir)).to.deep.equal([]);
  });

  it("form an ensemble of three with one leader", async () => {
    const ensemble = await startEnsemble(sandbox, 3);
    expect(await ensemble.followers()).to.have.length(2);
    expect(await (await ensemble.leader()).mode()).to.equal("leader");
  });
});

import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { doctorJson } from "../../cli/json";
import { startHosts } from "../support/hosts";
import { Sandbox } from "../support/sandbox";
import { startZookeeper } from "../support/zookeeper";
import { COMMAND, environment, watched } from "./command";

describe("locked-action doctor on a machine whose clock is wrong", () => {
  let sandbox: Sandbox;
  before(async () => void (sandbox = await Sandbox.create()));
  after(() => sandbox.stop());

  it("says by how much ZooKeeper and the hosts differ from it", async () => {
    const zookeeper = await startZookeeper(sandbox);
    const fleet = await startHosts(sandbox, ["web1"]);
    const home = path.join(sandbox.dir, "home");
    fs.mkdirSync(path.join(home, ".ssh"), { recursive: true });
    fs.writeFileSync(path.join(home, ".ssh/known_hosts"), fleet.knownHosts);
    const key = path.join(home, "key");
    fs.writeFileSync(key, fleet.privateKey, { mode: 0o600 });
    const { user, port } = fleet.hosts[0]!;
    const host = `${user}@127.0.0.1:${port}`;
    const args = ["--servers", zookeeper.connect, "--host", host, "--json"];
    const doctor = [...COMMAND, "doctor", ...args, "--identity", key];
    const { ended } = watched(
      sandbox.spawn("faketime", ["-f", "+100s", ...doctor], {
        env: environment({ HOME: home }),
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
    const { code, stdout } = await ended;
    const { checks } = doctorJson.parse(JSON.parse(stdout));
    const warnings = checks
      .filter(({ result }) => result === "warning")
      .map(({ check, found }) => `${check}: ${found}`);
    expect(code, "a warning is no failure").to.equal(0);
    expect(warnings.join("\n")).to.match(
      /^clock: ZooKeeper's is (9|10)\d\.\d s behind ours$/m,
    );
    expect(warnings.join("\n")).to.match(
      /^host \S+: its clock is (9|10)\d s behind ours$/m,
    );
  });
});

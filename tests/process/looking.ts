import { type ChildProcess } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { look } from "../../core/process/look";
import type { ProcessSpec, Sighting } from "../../core/process/types";
import { createHostPool } from "../../core/ssh/pool";
import type { HostPool, RemoteHost } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { startHosts, type Fleet } from "../support/hosts";
import { Sandbox } from "../support/sandbox";
import { connect } from "../ssh/connect";

/** A host to look at, and programs whose names no other process has. */
export function looking() {
  let sandbox: Sandbox;
  let fleet: Fleet;
  let pool: HostPool;
  let host: RemoteHost;
  let count = 0;

  before(async () => {
    sandbox = await Sandbox.create();
    fleet = await startHosts(sandbox, ["web1"]);
    pool = createHostPool();
    host = await pool.lease(connect(fleet.connection("web1")));
  });
  after(async () => {
    host.release();
    pool.close();
    await sandbox.stop();
  });

  const see = (spec: ProcessSpec) => look(host, spec, { timeout: 30 });
  const seen = async (spec: ProcessSpec) => {
    const sighting = await see(spec);
    if (sighting.kind !== "seen") throw new Error(sighting.reason);
    return sighting;
  };
  const pids = (sighting: Sighting) =>
    sighting.kind === "seen"
      ? sighting.identities
          .map((id) => Number(id.split("/")[1]))
          .sort((a, b) => a - b)
      : [];
  /** A name that no other process has: a copy of `sleep` to be run. */
  const program = (name = `la${process.pid}x${count++}`) => {
    const file = path.join(sandbox.dir, name);
    if (!fs.existsSync(file))
      fs.copyFileSync(fs.realpathSync("/bin/sleep"), file);
    return { name, file, spec: { commandString: `^${name.slice(0, 15)}$` } };
  };
  const daemon = async (file: string, args = ["300"]) => {
    const child = sandbox.spawn(file, args, { stdio: "ignore" });
    await eventually("it has its own name", () =>
      fs.readFileSync(`/proc/${child.pid}/cmdline`, "utf8").startsWith(file),
    );
    return child;
  };
  const end = async (child: ChildProcess) => {
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  };

  return {
    get sandbox() {
      return sandbox;
    },
    get fleet() {
      return fleet;
    },
    get pool() {
      return pool;
    },
    get host() {
      return host;
    },
    see,
    seen,
    pids,
    program,
    daemon,
    end,
  };
}

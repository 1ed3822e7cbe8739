import fs from "node:fs";
import path from "node:path";
import { look } from "../../core/process/look";
import type { ProcessSpec, Sighting } from "../../core/process/types";
import { createHostPool } from "../../core/ssh/pool";
import type { HostPool } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import { whyNoPrivateHost, type PrivateHost } from "../ssh/private-host";

/** Hosts with accounts of their own to look at. */
export function lookingPrivately() {
  let sandbox: Sandbox;
  let pool: HostPool;
  let count = 0;

  before(async function () {
    const why = whyNoPrivateHost();
    if (why) {
      console.log(`    skipped: ${why}`);
      return this.skip();
    }
    sandbox = await Sandbox.create();
    pool = createHostPool();
  });
  after(async () => {
    pool?.close();
    await sandbox?.stop();
  });

  const program = () => {
    const name = `lb${process.pid}x${count++}`;
    const file = path.join(sandbox.dir, name);
    fs.copyFileSync(fs.realpathSync("/bin/sleep"), file);
    return { file, spec: { commandString: `^${name}$` } };
  };
  const running = (pid: number, file: string) =>
    eventually("it runs", () =>
      fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(file),
    );
  const see = async (
    host: PrivateHost,
    account: string,
    spec: ProcessSpec,
    sudo?: boolean,
  ) => {
    const lease = await pool.lease(host.connection(account));
    const sighting = await look(lease, spec, {
      timeout: 30,
      ...(sudo ? { sudo } : {}),
    });
    lease.release();
    return sighting;
  };
  const pids = (sighting: Sighting) => {
    if (sighting.kind !== "seen") throw new Error(sighting.reason);
    return sighting.identities.map((id) => Number(id.split("/")[1]));
  };

  return {
    get sandbox() {
      return sandbox;
    },
    get pool() {
      return pool;
    },
    program,
    running,
    see,
    pids,
  };
}

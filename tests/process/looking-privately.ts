import { look } from "../../core/process/look";
import type { ProcessSpec } from "../../core/process/types";
import { createHostPool } from "../../core/ssh/pool";
import type { HostPool } from "../../core/ssh/types";
import { Sandbox } from "../support/sandbox";
import { pidsOf, runningIn, sleeper } from "./looking";
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
    const file = sleeper(sandbox.dir, name);
    return { file, spec: { commandString: `^${name}$` } };
  };
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

  return {
    get sandbox() {
      return sandbox;
    },
    get pool() {
      return pool;
    },
    program,
    running: runningIn,
    see,
    pids: pidsOf,
  };
}

import fs from "node:fs";
import path from "node:path";
import { createHostPool } from "../../core/ssh/pool";
import type { HostPool, RemoteHost, Script } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { startHosts, type Fleet } from "../support/hosts";
import { Sandbox } from "../support/sandbox";
import { connect } from "./connect";
import { removeGuards } from "./machine";

/** A host, keys of guards that are cleaned up afterwards, and acts to be guarded. */
export function guardedHost() {
  let sandbox: Sandbox;
  let fleet: Fleet;
  let pool: HostPool;
  let host: RemoteHost;
  const keys: string[] = [];

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
    removeGuards(...keys);
  });

  const newKey = () => {
    const key = `test-${process.pid}-${keys.length}-`;
    keys.push(key);
    return key;
  };
  const file = (name: string) =>
    path.join(sandbox.dir, `${name}-${keys.length}`);
  const guarded = (
    key: string,
    runId: string,
    body: string,
    more: Partial<Script> = {},
  ): Script => ({
    body,
    timeout: 60,
    guard: { key, runId },
    ...more,
  });
  /** A body that acts until it is told to stop, and leaves its traces. */
  const acting = (begun: string, go: string, then = "") =>
    `echo begun >>${begun}; while [ ! -e ${go} ]; do sleep 0.02; done; ${then}`;
  const seen = (name: string) =>
    eventually(`${name} is there`, () => fs.existsSync(name));

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
    newKey,
    file,
    guarded,
    acting,
    seen,
  };
}

import fs from "node:fs";
import path from "node:path";
import { createHostPool } from "../../core/ssh/pool";
import type { HostPool, RemoteHost, Script } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { startHosts, type Fleet } from "../support/hosts";
import { Sandbox } from "../support/sandbox";
import { connect } from "./connect";

/** One host with a lease, and what the scripts of tests need. */
export function oneHost() {
  let sandbox: Sandbox;
  let fleet: Fleet;
  let pool: HostPool;
  let host: RemoteHost;

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

  const run = (body: string, more: Partial<Script> = {}) =>
    host.run({ body, timeout: 30, ...more });
  const alive = (pid: number) => fs.existsSync(`/proc/${pid}/stat`);
  const pidIn = (file: string) =>
    eventually(`a pid in ${file}`, () => {
      const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
      return text.endsWith("\n") ? Number(text) : 0;
    });
  let count = 0;
  const file = () => path.join(sandbox.dir, `file-${count++}`);
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
    run,
    alive,
    pidIn,
    file,
  };
}

/** What such a host has, and more: the getters of both stay getters. */
export function extended<A extends object, B extends object>(
  at: A,
  more: B,
): A & B {
  return Object.create(at, Object.getOwnPropertyDescriptors(more)) as A & B;
}

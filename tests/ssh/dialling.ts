import fs from "node:fs";
import { expect } from "chai";
import { createHostPool } from "../../core/ssh/pool";
import {
  DialError,
  type ConnectionOptions,
  type DialOptions,
  type HostPool,
} from "../../core/ssh/types";
import { startHosts, type Fleet } from "../support/hosts";
import { Sandbox } from "../support/sandbox";
import { connect } from "./connect";

/** Hosts to dial, with a new pool for each test. */
export function dialling() {
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
    to,
    failure,
    works,
    sessions,
  };
}

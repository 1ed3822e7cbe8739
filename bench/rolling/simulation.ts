import { setTimeout as pause } from "node:timers/promises";
import { readHistory } from "../../core/lock/tree/history";
import { lockPath, pathsOf } from "../../core/lock/tree/paths";
import type { HostPool, RemoteHost } from "../../core/ssh/types";
import { createSessionPool, type SessionPool } from "../../core/zookeeper/pool";
import { createLockedAction } from "../../provider/locked-action";
import { createRollingAction } from "../../provider/rolling-action";
import { Runtime, type Heavy } from "../../provider/runtime";
import { Status } from "../../provider/status";

export const ROOT = "/bench";

/** Rolls of this process so far: each has a lock of its own. */
let rolls = 0;

export interface SimulationOptions {
  /** Milliseconds that each action takes on its host. */
  act: number;
  /** A session of its own for each host: on the wire one cannot tell apart who share one. */
  apart?: boolean;
}

/** What one roll took. */
export interface Rolled {
  /** Milliseconds from the begin of the operation to its end. */
  makespan: number;
  /** Name of its lock. */
  lock: string;
}

/** The provider as it is, its locks in a real ZooKeeper, on hosts that are no more than time. */
export class Simulation {
  private readonly runtime: SimulatedRuntime;

  private constructor(
    private readonly servers: string,
    options: SimulationOptions,
    /** Keeps the session, so that no connecting is measured. */
    private readonly sessions: SessionPool,
  ) {
    this.runtime = new SimulatedRuntime(options, sessions);
    this.runtime.configure({
      "locked-action:zookeeperServers": servers,
      "locked-action:lockRoot": ROOT,
    });
  }

  static async open(
    servers: string,
    options: SimulationOptions,
  ): Promise<Simulation> {
    const sessions = createSessionPool();
    await sessions.lease({ servers });
    return new Simulation(servers, options, sessions);
  }

  /** Milliseconds of one `LockedAction` whose lock nobody else wants. */
  async alone(): Promise<number> {
    const { hosts, ...inputs } = this.inputs(1);
    const [host] = Object.values(hosts);
    const provider = createLockedAction(this.runtime);
    const begin = performance.now();
    await provider.create({ ...inputs, ...host });
    return performance.now() - begin;
  }

  /** Rolls a new fleet, under a new lock unless one is named. */
  async roll(size: number, width: number, lock?: string): Promise<Rolled> {
    const inputs = this.inputs(size, lock);
    const provider = createRollingAction(this.runtime);
    const begin = performance.now();
    const { outs } = await provider.create({
      ...inputs,
      maxUnavailable: width,
    });
    const makespan = performance.now() - begin;
    if (outs.summary !== `${size} of ${size} done`)
      throw new Error(`${size} hosts: ${String(outs.summary)}`);
    return { makespan, lock: inputs.lock.name };
  }

  /** Milliseconds that hosts waited for a lock: the last of them, some hundreds. */
  async waits(lock: string): Promise<number[]> {
    const { servers } = this;
    const { session, release } = await this.sessions.lease({ servers });
    const paths = pathsOf(lockPath(ROOT, lock));
    const records = await readHistory(session, paths);
    await release();
    return records
      .filter(({ kind }) => kind === "acted")
      .map(({ waited }) => waited! * 1000);
  }

  async close(): Promise<void> {
    await this.runtime.close();
    await this.sessions.close();
  }

  private inputs(size: number, lock?: string) {
    const number = `${process.pid}-${++rolls}`;
    const names = Array.from({ length: size }, (_, i) => `web${i + 1}`);
    return {
      hosts: Object.fromEntries(
        names.map((host) => [
          host,
          { connection: { host, insecureIgnoreHostKey: true } },
        ]),
      ),
      action: { command: "true" },
      lock: { name: lock ?? number },
      __urn: `urn:${number}`,
    };
  }
}

class SimulatedRuntime extends Runtime {
  private readonly pools: Pick<Heavy, "hosts" | "sessions">;

  constructor({ act, apart }: SimulationOptions, sessions: SessionPool) {
    super(new Status(() => {}));
    this.pools = {
      hosts: simulatedHosts(act),
      sessions: apart ? sessionsApart() : sessions,
    };
  }

  override heavy(): Heavy {
    return { ...super.heavy(), ...this.pools };
  }
}

/** What is run under the guard is the action; it takes its time, and everything ends well. */
function simulatedHosts(act: number): HostPool {
  const host: RemoteHost = {
    async run({ guard }) {
      if (guard) await pause(act);
      return { kind: "exit", code: 0, stdout: "", stderr: "" };
    },
    awaitGuard: () => Promise.resolve({ state: "none" }),
    fateOf: () => Promise.resolve({ state: "never" }),
    release() {},
  };
  return { lease: () => Promise.resolve(host), close() {} };
}

function sessionsApart(): SessionPool {
  return {
    async lease(options, wait) {
      const pool = createSessionPool();
      const { session } = await pool.lease(options, wait);
      return { session, release: () => pool.close() };
    },
    close: () => Promise.resolve(),
  };
}

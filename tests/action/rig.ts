import fs from "node:fs";
import path from "node:path";
import { runAction, systemClock } from "../../core/action";
import type {
  ActionDeps,
  ActionOutcome,
  ActionSpec,
  CommandAction,
  Debt,
  HealthProbe,
  KeptLock,
  LockSpec,
  Progress,
} from "../../core/action/types";
import {
  describeLock,
  lockPath,
  LockRefused,
  readHistory,
  type LockView,
} from "../../core/lock";
import { pathsOf } from "../../core/lock/tree/paths";
import { createHostPool } from "../../core/ssh/pool";
import type { ConnectionOptions, HostPool } from "../../core/ssh/types";
import { createSessionPool, type SessionPool } from "../../core/zookeeper/pool";
import { startHosts, type Fleet, type HostOptions } from "../support/hosts";
import { Sandbox } from "../support/sandbox";
import {
  startZookeeper,
  type ZookeeperOptions,
  type ZookeeperServer,
} from "../support/zookeeper";

export interface RunOptions extends Pick<ActionDeps, "turn" | "leaving"> {
  signal?: AbortSignal;
  report?: (progress: Progress) => void;
}

/** A real ZooKeeper, real hosts, and on each a small service whose process can be looked at. */
export class Rig {
  readonly hosts: HostPool = createHostPool();
  readonly sessions: SessionPool = createSessionPool();
  private names = 0;

  private constructor(
    readonly sandbox: Sandbox,
    readonly zookeeper: ZookeeperServer,
    readonly fleet: Fleet,
  ) {}

  static async start(
    names = ["web1", "web2"],
    options: ZookeeperOptions = {},
    hosts: HostOptions = {},
  ): Promise<Rig> {
    const sandbox = await Sandbox.create();
    const [zookeeper, fleet] = await Promise.all([
      startZookeeper(sandbox, options),
      startHosts(sandbox, names, hosts),
    ]);
    return new Rig(sandbox, zookeeper, fleet);
  }

  async stop(): Promise<void> {
    this.hosts.close();
    await this.sessions.close();
    await this.sandbox.stop();
  }

  /** A lock that nobody used before. */
  newLock(): string {
    return `lock-${++this.names}`;
  }

  connection(name: string): ConnectionOptions {
    return {
      ...this.fleet.connection(name),
      ...{ dialErrorLimit: 1, perDialTimeout: 30 },
      insecureIgnoreHostKey: false,
    };
  }

  lock(name: string, changes: Partial<LockSpec> = {}): LockSpec {
    return {
      ...{ servers: this.zookeeper.connect, auth: [], root: "/locked-action" },
      ...{ name, group: "web1" },
      limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
      ...{ timeout: 30, maxWait: 60, retryInterval: 5, ownerGrace: 0 },
      ...{ onFailedHolder: "fail", skip: false },
      ...changes,
    };
  }

  /** Restarts the service of web1 under a lock of its own, unless it is told otherwise. */
  spec(changes: Partial<ActionSpec> = {}, name = "web1"): ActionSpec {
    return {
      mode: "act",
      owner: { target: name, subject: "daemon" },
      connection: this.connection(name),
      act: command(RESTART),
      process: { commandString: this.daemon(name), fullCmd: true },
      lock: this.lock(this.newLock(), { group: name }),
      runKey: "run-1",
      debt: null,
      kept: null,
      facts: { from: "tests", action: "command 123", urn: `urn:${name}` },
      show: { stdout: true, stderr: true },
      secrets: [],
      ...changes,
    };
  }

  run(
    spec: ActionSpec,
    { signal = never, report = ignore, ...turns }: RunOptions = {},
  ): Promise<ActionOutcome> {
    const { hosts, sessions } = this;
    const deps = { hosts, sessions, clock: systemClock, signal, report };
    return runAction(spec, { ...deps, ...turns, halt: never });
  }

  /** The next run of the same, with what the last one left behind. */
  after(spec: ActionSpec, outcome: ActionOutcome): ActionSpec {
    const debt: Debt | null = outcome.ok ? null : outcome.debt;
    const kept: KeptLock | null = outcome.kept;
    return { ...spec, debt, kept };
  }

  async view({ lock }: ActionSpec): Promise<LockView | null> {
    const lease = await this.sessions.lease({ servers: lock.servers });
    try {
      return await describeLock(lease.session, lock.root, lock.name);
    } catch (error) {
      if (error instanceof LockRefused) return null; // nobody made it
      throw error;
    } finally {
      await lease.release();
    }
  }

  /** What the lock's history says was done, the first first. */
  async history({ lock }: ActionSpec): Promise<string[]> {
    const lease = await this.sessions.lease({ servers: lock.servers });
    try {
      const paths = pathsOf(lockPath(lock.root, lock.name));
      const records = await readHistory(lease.session, paths);
      return records.map(({ kind }) => kind);
    } finally {
      await lease.release();
    }
  }

  /** The path of the service's program: in no other command line of this machine. */
  daemon(name: string): string {
    const file = path.join(this.fleet.host(name).dir, "daemon");
    if (!fs.existsSync(file)) fs.symlinkSync("/bin/sleep", file);
    return file;
  }

  /** A file on the host, read by the test. */
  read(name: string, file: string): string {
    const full = path.join(this.fleet.host(name).dir, file);
    return fs.existsSync(full) ? fs.readFileSync(full, "utf8") : "";
  }

  write(name: string, file: string, text = ""): void {
    fs.writeFileSync(path.join(this.fleet.host(name).dir, file), text);
  }

  remove(name: string, file: string): void {
    fs.rmSync(path.join(this.fleet.host(name).dir, file), { force: true });
  }
}

const never = new AbortController().signal;
const ignore = () => {};

/** The service starts if there is no file `broken`; each run of the command leaves a line in `acts`. */
export const RESTART = `
cd "$LOCKED_ACTION_HOST_DIR"
echo act >> acts
if [ -f pid ]; then
  kill "$(cat pid)" 2>/dev/null
  # a zombie has ended too, however late it is reaped
  while grep -qs '^State:.[^ZX]' "/proc/$(cat pid)/status"; do sleep 0.01; done
fi
[ -f broken ] && exit 0
"$PWD/daemon" 100000 </dev/null >/dev/null 2>&1 &
until [ "$(cat "/proc/$!/comm")" = daemon ]; do sleep 0.005; done
echo $! > pid
`;

/** A health check that is content with anything: with it a proof that does not come is given up after a second. */
export const SOON: HealthProbe = {
  ...{ command: "true", interval: 0.2, timeout: 1, minHealthy: 0 },
};

export function command(
  text: string,
  changes: Partial<CommandAction> = {},
): CommandAction {
  return { kind: "command", command: text, timeout: 60, ...changes };
}

/** How often something was done on a host. */
export function count(text: string, line = "act"): number {
  return text.split("\n").filter((l) => l === line).length;
}

/** A failed outcome. */
export function failed(outcome: ActionOutcome) {
  if (outcome.ok) throw new Error(`it did not fail: ${outcome.outcome}`);
  return outcome;
}

export function succeeded(outcome: ActionOutcome) {
  if (!outcome.ok) throw new Error(outcome.reasons.join("\n"));
  return outcome;
}

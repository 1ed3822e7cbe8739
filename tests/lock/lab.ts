import { after, afterEach, before } from "mocha";
import { pathsOf, lockPath, type LockPaths } from "../../core/lock/tree/paths";
import type { Held, LockRequest } from "../../core/lock";
import { acquire } from "../../core/lock";
import { parseServers, type Servers } from "../../core/zookeeper/servers";
import type { Session, SessionOptions } from "../../core/zookeeper/session";
import { eventually } from "../support/eventually";
import { startProxy, type Proxy } from "../support/proxy";
import { Sandbox } from "../support/sandbox";
import { openZookeeper, type OpenZookeeper } from "../support/shared-zookeeper";
import { Contender } from "./contender";
import { ScriptedSession } from "./scripted-session";

export type Over = Partial<LockRequest> & Partial<LockRequest["limits"]>;

/** A lock of a test's own, and requests for it. */
export interface TestLock {
  name: string;
  path: string;
  paths: LockPaths;
  /** A request of the service `app` on `target`, whose group is the target. */
  by(target: string, over?: Over): LockRequest;
}

/** The number of the slot that it has. */
export const slotOf = ({ path }: Held): string => path.split("/").at(-2)!;

let count = 0;

export function newLock(defaults: Over = {}): TestLock {
  const name = `lock ${++count}`;
  const path = lockPath("/tests", name);
  const by = (target: string, over: Over = {}): LockRequest => {
    const { maxHolders, maxPerGroup, maxFailures, ...rest } = {
      ...defaults,
      ...over,
    };
    return {
      root: "/tests",
      name,
      group: target,
      owner: { target, subject: "app" },
      limits: {
        maxHolders: maxHolders ?? 1,
        maxPerGroup: maxPerGroup ?? null,
        maxFailures: maxFailures ?? 1,
      },
      facts: { run: "run", from: "user@ci", action: "restart app" },
      timeout: 50,
      maxWait: 100,
      retryInterval: 0,
      ownerGrace: 0,
      onFailedHolder: "wait",
      settleTimeout: 30,
      ...rest,
    };
  };
  return { name, path, paths: pathsOf(path), by };
}

export interface Lab {
  server: OpenZookeeper;
  session(options?: Partial<SessionOptions>): Promise<ScriptedSession>;
  proxy(): Promise<Proxy>;
  servers(connect: string): Servers;
  contend(request: LockRequest, session?: Session): Promise<Contender>;
  get(request: LockRequest, session?: Session): Promise<Held>;
  /** All nodes below a lock but its history, relative, sorted. */
  tree(lock: TestLock): Promise<string[]>;
  /** Names of holders, of waiters. */
  holders(lock: TestLock): Promise<string[]>;
  waiters(lock: TestLock): Promise<string[]>;
  /** Resolves when this node is there, relative to the lock. */
  has(lock: TestLock, path: string): Promise<void>;
  /** Nobody holds, nobody waits, nothing lies about. */
  isEmpty(lock: TestLock): Promise<void>;
}

// One server for all files of a run; the root hook ends it.
let shared: Promise<{ sandbox: Sandbox; server: OpenZookeeper }> | null = null;
after(async () => {
  const running = await shared?.catch(() => null);
  await running?.sandbox.stop();
});

async function start() {
  const sandbox = await Sandbox.create();
  return { sandbox, server: await openZookeeper(sandbox) };
}

/** Call it in a `describe`: the server runs before its tests, and what a test opens is closed after it; or after all of them. */
export function useLab(closing = afterEach): Lab {
  const lab = {} as Lab;
  const toClose: { close(): Promise<void> }[] = [];
  before(async () => {
    shared ??= start();
    lab.server = (await shared).server;
  });
  closing(async () => {
    await Promise.all(toClose.splice(0).map((each) => each.close()));
  });
  lab.session = async (options = {}) => {
    const session = new ScriptedSession({
      servers: parseServers(lab.server.connect),
      sessionTimeout: 8000,
      ...options,
    });
    toClose.push(session);
    await session.ready({ within: 20_000 });
    return session;
  };
  lab.servers = parseServers;
  lab.proxy = async () => {
    const { port, chroot } = lab.server;
    const proxy = await startProxy(port, chroot);
    toClose.push(proxy);
    return proxy;
  };
  lab.contend = async (request, session) =>
    new Contender(session ?? (await lab.session()), request);
  lab.get = async (request, session) =>
    acquire(session ?? (await lab.session()), request);
  lab.tree = async (lock) => {
    const session = await lab.session();
    const found: string[] = [];
    const visit = async (path: string): Promise<void> => {
      const { children = [] } = await session.getChildren(path);
      for (const child of children) {
        found.push(`${path}/${child}`.slice(lock.path.length + 1));
        await visit(`${path}/${child}`);
      }
    };
    await visit(lock.path);
    await session.close();
    return found.filter((path) => !/^history\//.test(path)).sort();
  };
  lab.holders = async (lock) =>
    (await lab.tree(lock))
      .map((path) => /^holders\/\d+\/([^/]+)$/.exec(path)?.[1])
      .filter((id) => id !== undefined);
  lab.waiters = async (lock) =>
    (await lab.tree(lock))
      .map((path) => /^waiters\/(.+)$/.exec(path)?.[1])
      .filter((name) => name !== undefined);
  lab.has = async (lock, path) => {
    await eventually(`${path} is there`, async () =>
      (await lab.tree(lock)).includes(path),
    );
  };
  lab.isEmpty = async (lock) => {
    const kept = ["history", "holders", "waiters"];
    let tree: string[] = [];
    await eventually("nothing is left of anybody", async () => {
      tree = await lab.tree(lock);
      if (tree.join() === kept.join()) return true;
      throw new Error(`there are ${tree.join(", ")}`);
    });
  };
  return lab;
}

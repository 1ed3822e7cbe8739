import { acquire, type Held, type LockRequest } from "../../core/lock";
import { parseServers } from "../../core/zookeeper/servers";
import { Session } from "../../core/zookeeper/session";

export const ROOT = "/locked-action";

/** Locks in a real ZooKeeper, in whatever state a test wants to look at. */
export class Locks {
  private readonly sessions: Session[] = [];
  private readonly waits: AbortController[] = [];

  constructor(private readonly servers: string) {}

  async session(
    auth?: { scheme: string; credentials: string }[],
  ): Promise<Session> {
    const session = new Session({
      servers: parseServers(this.servers),
      ...(auth ? { auth } : {}),
    });
    this.sessions.push(session);
    await session.ready({ within: 60_000 });
    return session;
  }

  /** A holder whose run is at work. */
  async live(
    name: string,
    target: string,
    more: Partial<LockRequest> = {},
    session?: Session,
  ): Promise<Held> {
    return acquire(
      session ?? (await this.session()),
      request(name, target, more),
    );
  }

  async failed(
    name: string,
    target: string,
    more: Partial<LockRequest> = {},
  ): Promise<Held> {
    const held = await this.live(name, target, more);
    const failure = {
      step: "verify",
      exit: 3,
      reason: "expected another process, saw the same",
      at: new Date().toISOString(),
    };
    await held.fail(failure, { kind: "failed", ...failure });
    return held;
  }

  /** A holder whose run was killed. */
  async stale(name: string, target: string): Promise<Held> {
    const held = await this.live(name, target);
    await held.abandon();
    return held;
  }

  /** One that waits, from now on; its grant is there to be awaited. */
  async waiting(
    name: string,
    target: string,
    more: Partial<LockRequest> = {},
  ): Promise<{ granted: Promise<Held> }> {
    const session = await this.session();
    const wait = new AbortController();
    this.waits.push(wait);
    let told = () => {};
    const queued = new Promise<void>((resolve) => (told = resolve));
    const granted = acquire(
      session,
      request(name, target, {
        onFailedHolder: "wait",
        signal: wait.signal,
        onWait: () => told(),
        ...more,
      }),
    );
    granted.catch(() => {}); // told to whoever awaits it; the end of a test cancels it
    await Promise.race([queued, granted]);
    return { granted };
  }

  async close(): Promise<void> {
    for (const wait of this.waits) wait.abort("the test is over");
    await Promise.all(this.sessions.map((session) => session.close()));
  }
}

export function request(
  name: string,
  target: string,
  more: Partial<LockRequest> = {},
): LockRequest {
  const urn = `urn:pulumi:prod::fleet::pulumi-nodejs:dynamic:Resource::${target}`;
  return {
    root: ROOT,
    name,
    group: target,
    owner: { target, subject: "hdfs-datanode" },
    limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
    facts: {
      run: "0123456789ab",
      from: "deployer@ci7",
      action: "restart hdfs-datanode",
      urn,
    },
    timeout: 300, // it waits as long as its test lasts, on a busy machine too
    maxWait: 300,
    retryInterval: 0,
    ownerGrace: 0,
    onFailedHolder: "fail",
    ...more,
  };
}

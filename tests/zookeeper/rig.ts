import { after, afterEach, before } from "mocha";
import { parseServers } from "../../core/zookeeper/servers";
import { Session, type SessionOptions } from "../../core/zookeeper/session";
import { eventually } from "../support/eventually";
import { startProxy, type Proxy } from "../support/proxy";
import { Sandbox } from "../support/sandbox";
import {
  startZookeeper,
  type ZookeeperOptions,
  type ZookeeperServer,
} from "../support/zookeeper";

export interface Rig {
  sandbox: Sandbox;
  server: ZookeeperServer;
  proxy(target?: number): Promise<Proxy>;
  /** Not awaited: it may never connect. */
  open(connect: string, options?: Partial<SessionOptions>): Session;
  connected(
    connect?: string,
    options?: Partial<SessionOptions>,
  ): Promise<Session>;
}

/** A server for the tests of one `describe`; what a test opens is closed after it. */
export function useRig(options: ZookeeperOptions = { tickTime: 500 }): Rig {
  const rig = {} as Rig;
  const toClose: { close(): Promise<void> }[] = [];
  before(async () => {
    rig.sandbox = await Sandbox.create();
    rig.server = await startZookeeper(rig.sandbox, options);
  });
  afterEach(async () => {
    await Promise.all(toClose.splice(0).map((each) => each.close()));
  });
  after(() => rig.sandbox.stop());
  rig.proxy = async (target = rig.server.port) => {
    const proxy = await startProxy(target);
    toClose.push(proxy);
    return proxy;
  };
  rig.open = (connect, options = {}) => {
    const servers = parseServers(connect);
    const session = new Session({ servers, sessionTimeout: 4000, ...options });
    toClose.push(session);
    return session;
  };
  rig.connected = async (connect = rig.server.connect, options = {}) => {
    const session = rig.open(connect, options);
    await session.ready({ within: 20_000 });
    return session;
  };
  return rig;
}

/** Everything that the session tells, in order. */
export function listen(session: Session): string[] {
  const told: string[] = [];
  for (const event of ["connected", "suspended", "lost", "refused", "closed"])
    session.on(event, () => told.push(event));
  return told;
}

export async function tells(told: string[], event: string): Promise<void> {
  await eventually(`the session tells "${event}"`, () => told.includes(event), {
    within: 30_000,
  });
}

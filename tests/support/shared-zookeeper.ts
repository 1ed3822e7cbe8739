import { createClient } from "node-zookeeper-client";
import type { Sandbox } from "./sandbox";
import { startZookeeper } from "./zookeeper";

/** Of the run of the tests, for all its files (scripts/suite/shared-server.js): `127.0.0.1:port`. */
const SHARED = process.env.TEST_ZOOKEEPER;

/** A ZooKeeper for tests that neither stop it nor look at anything but their own nodes. */
export interface OpenZookeeper {
  /** With `chroot` at its end. */
  connect: string;
  port: number;
  /** Nobody else has nodes below it; "" on a server of one's own. */
  chroot: string;
}

let count = 0;

/** The server of this run with a chroot of its own; run by hand, a server of its own. */
export async function openZookeeper(sandbox: Sandbox): Promise<OpenZookeeper> {
  if (!SHARED) {
    const { connect, port } = await startZookeeper(sandbox, { tickTime: 500 });
    return { connect, port, chroot: "" };
  }
  const chroot = `/file-${process.pid}-${++count}`;
  await create(chroot);
  const connect = `${SHARED}${chroot}`;
  return { connect, port: Number(SHARED.split(":")[1]), chroot };
}

async function create(path: string): Promise<void> {
  const client = createClient(SHARED!, {
    sessionTimeout: 20_000,
    spinDelay: 100,
    retries: 100,
  });
  client.connect();
  try {
    await new Promise<void>((done, fail) =>
      client.create(path, (error) => (error ? fail(error as Error) : done())),
    );
  } finally {
    client.close();
  }
}

/**
 * The way of the Chef cookbook `locking_resource`, written after its behaviour: a try each 250 ms, a
 * session for each operation. A try looks who has the lock and, if nobody, creates its znode; the
 * pause also follows the try that succeeds, so who got the lock acts a quarter of a second later.
 * A release compares the data in one session and deletes in another one inside it.
 */
import { setTimeout as pause } from "node:timers/promises";
import {
  createClient,
  CreateMode,
  Exception,
  type Client,
} from "node-zookeeper-client";
import { serve, type Grip } from "./contender";

const SLEEP_TIME = 250;
const CONNECT_DEADLINE = 10_000;

let servers = "";
let contenders = 0;

async function inSession<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const client = createClient(servers, { retries: 0 });
  await new Promise<void>((done, fail) => {
    const timer = setTimeout(
      () => fail(new Error("cookbook: no connection")),
      CONNECT_DEADLINE,
    );
    client.once("connected", () => {
      clearTimeout(timer);
      done();
    });
    client.connect();
  });
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

const codeOf = (error: Error | Exception | null) =>
  error instanceof Exception ? error.getCode() : undefined;

const read = (client: Client, node: string) =>
  new Promise<Buffer | null>((done, fail) =>
    client.getData(node, (error, data) => {
      if (codeOf(error) === Exception.NO_NODE) done(null);
      else if (error) fail(error);
      else done(data ?? Buffer.alloc(0));
    }),
  );

/** Whether it was created; another's is there otherwise. */
const create = (client: Client, node: string, data: Buffer) =>
  new Promise<boolean>((done, fail) =>
    client.create(node, data, CreateMode.PERSISTENT, (error) => {
      if (codeOf(error) === Exception.NODE_EXISTS) done(false);
      else if (error) fail(error);
      else done(true);
    }),
  );

const remove = (client: Client, node: string) =>
  new Promise<void>((done, fail) =>
    client.remove(node, -1, (error) => (error ? fail(error) : done())),
  );

function grip(_kind: string, node: string): Grip {
  const data = Buffer.from(`host-${process.pid}-${++contenders}`);
  return {
    async acquire() {
      let mine = false;
      while (!mine) {
        const holder = await inSession((client) => read(client, node));
        if (holder?.equals(data)) return;
        mine = await inSession((client) => create(client, node, data));
        await pause(SLEEP_TIME);
      }
    },
    async release() {
      await inSession(async (outer) => {
        const holder = await read(outer, node);
        if (!holder?.equals(data)) throw new Error("not the holder");
        await inSession((client) => remove(client, node));
      });
    },
  };
}

serve({
  async connect(to) {
    servers = to;
    await inSession(async (client) => {
      await create(client, "/bench", Buffer.alloc(0));
    });
  },
  grip,
});

import { createClient, Exception } from "node-zookeeper-client";
import { eventually } from "../../tests/support/eventually";

/** Looks at the server from outside, the same for every party. */
export interface Observer {
  /** Resolves when `node` has exactly so many children. */
  awaitChildren(node: string, count: number): Promise<void>;
  close(): void;
}

export async function observe(servers: string): Promise<Observer> {
  const client = createClient(servers, { retries: 0 });
  let connected = false;
  client.once("connected", () => (connected = true));
  client.connect();
  await eventually("the observer is connected", () => connected);

  const children = (node: string) =>
    new Promise<number>((done, fail) =>
      client.getChildren(node, (error, names) => {
        if (!error) done(names.length);
        else if (error instanceof Exception && error.code === Exception.NO_NODE)
          done(0);
        else fail(error);
      }),
    );
  return {
    async awaitChildren(node, count) {
      let last = 0;
      await eventually(
        `${count} children of ${node}`,
        async () => {
          last = await children(node);
          return last === count;
        },
        { within: 60_000, every: 20 },
      ).catch((error: unknown) => {
        throw new Error(`${String(error)} (last seen: ${last})`);
      });
    },
    close: () => client.close(),
  };
}

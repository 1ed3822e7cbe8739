import { expect } from "chai";
import { createClient } from "node-zookeeper-client";
import { startWire } from "../../bench/lock/wire";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import { startZookeeper } from "../support/zookeeper";

describe("the counting proxy of the benchmarks", () => {
  it("counts requests by name, events of watches and connections", async () => {
    const sandbox = await Sandbox.create();
    const server = await startZookeeper(sandbox);
    const wire = await startWire(server.port);
    const client = createClient(wire.connect);
    let woken = 0;
    const create = () =>
      new Promise<void>((done, fail) =>
        client.create("/a", Buffer.alloc(30_000), (error) =>
          error ? fail(error) : done(),
        ),
      );
    const watch = () =>
      new Promise<void>((done, fail) =>
        client.exists(
          "/a",
          () => void woken++,
          (error) => (error ? fail(error) : done()),
        ),
      );
    client.connect();
    await watch();
    await create();
    await eventually("the watch fires", () => woken === 1);
    const { bytes, ...counts } = wire.take();
    expect(bytes).to.be.within(30_000, 31_000);
    expect(counts).to.deep.equal({
      connections: 1,
      requests: 2,
      byName: { exists: 1, create: 1 },
      events: 1,
      wakeUps: 1,
    });
    expect(wire.take().requests).to.equal(0);
    client.close();
    await wire.close();
    await sandbox.stop();
  });
});

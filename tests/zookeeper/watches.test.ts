import { expect } from "chai";
import { EMPTY } from "../../core/zookeeper/operations";
import type { Watcher } from "../../core/zookeeper/watches";
import { eventually } from "../support/eventually";
import { listen, tells, useRig } from "./rig";

/** What a watcher was told, in order. */
function recorder(): { told: string[]; watcher: Watcher } {
  const told: string[] = [];
  return { told, watcher: (path, change) => told.push(`${path} ${change}`) };
}

describe("a watch", () => {
  const rig = useRig();

  it("tells once, of a change, of its children, or of a deletion", async () => {
    const [session, other] = [await rig.connected(), await rig.connected()];
    await other.create("/w1");
    const { told, watcher } = recorder();
    await session.getData("/w1", watcher);
    await other.setData("/w1", EMPTY, -1);
    await other.setData("/w1", EMPTY, -1);
    await eventually("it was told", () => told.length > 0);
    await session.getData("/w1", watcher);
    await session.getChildren("/w1", watcher);
    await other.create("/w1/x");
    await other.remove("/w1/x");
    await other.remove("/w1");
    await eventually("it was told of the end", () => told.length > 2);
    expect(told).to.deep.equal(["/w1 changed", "/w1 children", "/w1 deleted"]);
  });

  it("is shared: any number of watchers of a node is one for the server", async () => {
    const [session, other] = [await rig.connected(), await rig.connected()];
    await other.create("/w2");
    const all = Array.from({ length: 100 }, recorder);
    const warnings: Error[] = [];
    const warned = (warning: Error) => void warnings.push(warning);
    process.on("warning", warned);
    await Promise.all(
      all.map(({ watcher }) => session.getData("/w2", watcher)),
    );
    expect(await rig.server.fourLetter("wchs")).to.match(
      /watching 1 paths\nTotal watches:1\b/,
    );
    await other.remove("/w2");
    await eventually("all were told", () =>
      all.every(({ told }) => told.length === 1),
    );
    process.off("warning", warned);
    expect(warnings).to.deep.equal([]);
  });

  it("does not tell who was taken off", async () => {
    const [session, other] = [await rig.connected(), await rig.connected()];
    await other.create("/w3");
    const [stays, leaves] = [recorder(), recorder()];
    await session.getData("/w3", leaves.watcher);
    await session.getData("/w3", stays.watcher);
    session.unwatch(leaves.watcher);
    await other.remove("/w3");
    await eventually("the other was told", () => stays.told.length > 0);
    expect(leaves.told).to.deep.equal([]);
  });

  it("is not left by a read that fails", async () => {
    const [session, other] = [await rig.connected(), await rig.connected()];
    const [missed, seen] = [recorder(), recorder()];
    expect((await session.getData("/w4", missed.watcher)).code).to.equal(
      "NO_NODE",
    );
    await other.create("/w4");
    await session.getData("/w4", seen.watcher);
    await other.remove("/w4");
    await eventually("who read it was told", () => seen.told.length > 0);
    expect(missed.told).to.deep.equal([]);
  });

  it("tells after a reconnect what changed meanwhile", async () => {
    const proxy = await rig.proxy();
    const session = await rig.connected(proxy.connect);
    const other = await rig.connected();
    await other.create("/w5");
    const { told, watcher } = recorder();
    await session.getData("/w5", watcher);
    proxy.mode = "refuse";
    proxy.cut();
    const events = listen(session);
    await other.remove("/w5");
    proxy.mode = "ok";
    await tells(events, "connected");
    await eventually("it was told", () => told.length > 0);
    expect(told).to.deep.equal(["/w5 deleted"]);
  });

  it("whose watcher throws hurts nobody else, and no process", async () => {
    const [session, other] = [await rig.connected(), await rig.connected()];
    await other.create("/w6");
    const [same, another] = [recorder(), recorder()];
    const mistake = new Error("a mistake of the program");
    const warnings: unknown[] = [];
    const { emitWarning } = process;
    process.emitWarning = (warning) => void warnings.push(warning);
    try {
      await session.getData("/w6", () => {
        throw mistake;
      });
      await session.getData("/w6", same.watcher);
      await session.getChildren("/w6", another.watcher);
      await other.remove("/w6");
      await eventually("the other watchers were told", () => {
        return same.told.length > 0 && another.told.length > 0;
      });
    } finally {
      process.emitWarning = emitWarning;
    }
    expect(warnings).to.deep.equal([mistake]);
    expect((await session.exists("/")).code).to.equal("OK");
  });
});

import { expect } from "chai";
import type { Client } from "node-zookeeper-client";
import { Sandbox } from "../../support/sandbox";
import { startZookeeper, type ZookeeperServer } from "../../support/zookeeper";
import { inMacrotask, World } from "../time/world";
import { conversation, hold, open, type Turn } from "./conversation";
import { Ensemble } from "./index";

const CONVERSATIONS = 30;
const TURNS = 50;

/** Names the first line that differs, with those before it. */
function expectSame(virtual: string[], real: string[], which: string): void {
  const at = real.findIndex((line, i) => line !== virtual[i]);
  if (at < 0) {
    expect(virtual.length, which).to.equal(real.length);
    return;
  }
  const context = real.slice(Math.max(0, at - 10), at).join("\n");
  expect(virtual[at], `${which}, after\n${context}\n`).to.equal(real[at]);
}

describe("the ZooKeeper in memory", () => {
  let sandbox: Sandbox;
  let server: ZookeeperServer;
  before(async () => {
    sandbox = await Sandbox.create();
    server = await startZookeeper(sandbox, { tickTime: 500 });
  });
  after(() => sandbox.stop());

  /** The first of the two has credentials in every other conversation. */
  const openBoth = async (connect: string, seed: number) => {
    const credentials = seed % 2 === 1 ? "user:secret" : null;
    return [await open(connect, credentials), await open(connect, null)] as [
      Client,
      Client,
    ];
  };

  function simulated(seed: number, turns: Turn[], root: string): string[][] {
    const world = new World(seed);
    const { connect } = new Ensemble(world);
    let logs: string[][] | null = null;
    const run = async () => {
      logs = await hold(turns, root, await openBoth(connect, seed));
    };
    world.at(0, () => void run(), world.party("client"));
    world.run(60_000, () => logs !== null);
    if (!logs) throw new Error(`conversation ${seed} did not come to its end`);
    return logs;
  }

  it("answers and tells of events as a real server does", async () => {
    let answers = 0;
    const codes = new Set<string>();
    for (let seed = 1; seed <= CONVERSATIONS; seed++) {
      const root = `/conversation-${seed}/node`;
      const turns = conversation(seed, root, TURNS);
      const both = await openBoth(server.connect, seed);
      const real = await hold(turns, root, both);
      const virtual = await inMacrotask(() => simulated(seed, turns, root));
      for (const [which, lines] of real.entries())
        expectSame(virtual[which]!, lines, `conversation ${seed}, ${which}`);
      for (const line of real.flat()) {
        answers += 1;
        codes.add(/^event \w+|[A-Z]+_[A-Z_]+|OK/.exec(line)?.[0] ?? line);
      }
    }
    expect(answers).to.be.above(CONVERSATIONS * TURNS);
    expect(codes).to.include.keys(
      ...["OK", "NO_NODE", "NODE_EXISTS", "NOT_EMPTY", "BAD_VERSION"],
      ...["NO_AUTH", "NO_CHILDREN_FOR_EPHEMERALS"],
      ...["event NODE_DELETED", "event NODE_DATA_CHANGED"],
      ...["event NODE_CHILDREN_CHANGED", "INVALID_ACL"],
    );
  });

  it("repeats a course of events for its seed", async () => {
    const root = "/again/node";
    const turns = conversation(7, root, 30);
    const [first, second] = await inMacrotask(() => [
      simulated(7, turns, root),
      simulated(7, turns, root),
    ]);
    expect(first).to.deep.equal(second);
  });
});

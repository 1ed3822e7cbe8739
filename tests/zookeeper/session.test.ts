import { expect } from "chai";
import { setTimeout as pause } from "node:timers/promises";
import * as zookeeper from "node-zookeeper-client";
import { check, create, EMPTY, set } from "../../core/zookeeper/operations";
import { isLoss } from "../../core/zookeeper/replies";
import { eventually } from "../support/eventually";
import { listen, tells, useRig } from "./rig";

describe("a session", () => {
  const rig = useRig({ tickTime: 500, heap: "160m" });

  it("answers every operation with ZooKeeper's own code, and never rejects", async () => {
    const session = await rig.connected();
    expect(await session.create("/a", Buffer.from("1"))).to.deep.equal({
      code: "OK",
      path: "/a",
    });
    expect((await session.create("/a")).code).to.equal("NODE_EXISTS");
    expect((await session.create("/b/c")).code).to.equal("NO_NODE");
    expect((await session.exists("/b")).code).to.equal("NO_NODE");
    expect((await session.exists("/a")).stat?.version).to.equal(0);
    expect((await session.getData("/a")).data?.toString()).to.equal("1");
    expect((await session.setData("/a", EMPTY, 5)).code).to.equal(
      "BAD_VERSION",
    );
    expect((await session.setData("/a", EMPTY, 0)).stat?.version).to.equal(1);
    expect((await session.getData("/a")).data?.length).to.equal(0);
    await session.create("/a/x", EMPTY, "ephemeral");
    const { stat } = await session.getData("/a/x");
    expect(stat?.ephemeral).to.equal(true);
    expect(stat!.czxid > 0n).to.equal(true);
    expect((await session.getChildren("/a")).children).to.deep.equal(["x"]);
    expect((await session.remove("/a")).code).to.equal("NOT_EMPTY");
    expect((await session.create("not absolute")).code).to.match(/^ERROR_/);
  });

  it("carries out a transaction all or not at all, and names what failed", async () => {
    const session = await rig.connected();
    const done = await session.multi([
      create("node", "/multi"),
      set("stamp", "/multi", Buffer.from("x")),
      create("seq", "/multi/s-", EMPTY, "persistentSequential"),
    ]);
    expect(done.code).to.equal("OK");
    expect(done.paths?.get("seq")).to.equal("/multi/s-0000000000");
    expect(done.stats?.get("stamp")?.version).to.equal(1);
    const failed = await session.multi([
      create("other", "/multi/other"),
      check("guard", "/multi", 7),
    ]);
    expect(failed).to.include({ code: "BAD_VERSION", failed: "guard" });
    expect((await session.exists("/multi/other")).code).to.equal("NO_NODE");
  });

  it("takes version 0 in a transaction for what it says, where the library has any version", async () => {
    const session = await rig.connected();
    await session.create("/zero");
    const guarded = () => session.multi([check("guard", "/zero", 0)]);
    expect((await guarded()).code).to.equal("OK");
    await session.setData("/zero", EMPTY, 0);
    expect((await guarded()).code).to.equal("BAD_VERSION");
  });

  it("runs more than 256 operations, in the order in which they were asked", async () => {
    // each has a deadline of its own, a part of this: a busy machine needs seconds for all
    const longest = { sessionTimeout: 10_000 };
    const session = await rig.connected(rig.server.connect, longest);
    await session.create("/many");
    const order: number[] = [];
    const replies = await Promise.all(
      Array.from({ length: 1500 }, async (_, i) => {
        const reply = await session.create(
          "/many/n-",
          EMPTY,
          "ephemeralSequential",
        );
        order.push(i);
        return reply;
      }),
    );
    expect(order).to.deep.equal(order.map((_, i) => i));
    expect(replies.at(-1)?.path).to.equal("/many/n-0000001499");
  });

  it("keeps its chroot, also while it is idle for longer than its time-out", async () => {
    const plain = await rig.connected();
    await plain.create("/app");
    const session = await rig.connected(`${rig.server.connect}/app/locks`, {
      sessionTimeout: 3000,
    });
    const told = listen(session);
    expect((await session.createChroot()).code).to.equal("OK");
    await session.create("/x", Buffer.from("here"));
    expect((await plain.getData("/app/locks/x")).data?.toString()).to.equal(
      "here",
    );
    const since = performance.now();
    await eventually(
      "more than its time-out is over",
      () => performance.now() - since > 4500,
    );
    expect(told).not.to.include("lost");
    expect(session.epoch).to.equal(1);
    expect((await session.multi([check("x", "/x")])).code).to.equal("OK");
  });

  it("never keeps an operation for later: without a connection it is told at once", async () => {
    const proxy = await rig.proxy();
    const session = await rig.connected(proxy.connect);
    const told = listen(session);
    proxy.mode = "refuse";
    proxy.cut();
    await tells(told, "suspended");
    const reply = await session.create("/late");
    expect(reply).to.deep.equal({ code: "CONNECTION_LOSS", unsent: true });
    proxy.mode = "ok";
    await session.ready({ within: 20_000 });
    expect((await session.exists("/late")).code).to.equal("NO_NODE");
  });

  it("tells a lost connection at once, and goes on with the same session", async () => {
    const proxy = await rig.proxy();
    const session = await rig.connected(proxy.connect);
    const told = listen(session);
    await session.create("/kept", EMPTY, "ephemeral");
    proxy.mode = "dropReplies";
    const pending = session.exists("/kept");
    proxy.cut();
    expect(isLoss(await pending)).to.equal(true);
    proxy.mode = "ok";
    await session.ready({ within: 20_000 });
    expect((await session.exists("/kept")).code).to.equal("OK");
    expect(session.epoch).to.equal(1);
    expect(told).to.deep.equal(["suspended", "connected"]);
  });

  it("sends nothing twice: a creation whose answer is lost leaves one node", async () => {
    const proxy = await rig.proxy();
    const session = await rig.connected(proxy.connect);
    await session.create("/once");
    let copies = 0;
    proxy.onRequest = (chunk) => {
      if (chunk.includes("/once/n-")) copies += 1;
    };
    proxy.mode = "dropReplies";
    const pending = session.create("/once/n-", EMPTY, "ephemeralSequential");
    await eventually("it was sent", () => copies > 0);
    proxy.cut();
    expect(isLoss(await pending)).to.equal(true);
    proxy.mode = "ok";
    await session.ready({ within: 20_000 });
    const since = performance.now();
    await eventually(
      "the library would have sent it again by now",
      () => performance.now() - since > 1200,
    );
    expect((await session.getChildren("/once")).children).to.have.length(1);
    expect(copies).to.equal(1);
  });

  it("does not send later what was stuck in front of a full connection", async () => {
    const session = await rig.connected();
    const observer = await rig.connected();
    const told = listen(session);
    await session.create("/stuck");
    rig.server.pause();
    const big = Buffer.alloc(100_000);
    const count = 250; // more than the kernel keeps for a frozen server
    const replies = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        session.create(`/stuck/${i}`, big, "ephemeral"),
      ),
    );
    await tells(told, "suspended").finally(() => rig.server.resume());
    for (const reply of replies) expect(isLoss(reply)).to.equal(true);
    await session.ready({ within: 20_000 });
    // requests are answered in order: after this one nothing of before can come
    await eventually("a write is answered", async () => {
      await session.ready({ within: 20_000 });
      return (await session.setData("/stuck", EMPTY, -1)).code === "OK";
    });
    const { stat } = await observer.exists("/stuck");
    expect(stat!.version).to.be.above(0);
    const { children } = await observer.getChildren("/stuck");
    expect(children!.length).to.be.below(count);
  });

  it("survives an answer that is cut in its middle", async () => {
    const proxy = await rig.proxy();
    const session = await rig.connected(proxy.connect);
    await session.create("/half", Buffer.alloc(2000, "x"));
    for (let round = 0; round < 10; round++) {
      proxy.cutMidReply();
      await session.getData("/half");
      await session.ready({ within: 20_000 });
      const { data } = await session.getData("/half");
      expect(data?.length).to.equal(2000);
    }
    expect(session.epoch).to.equal(1);
  });

  it("is suspended by a server that takes everything and answers nothing, then lost", async () => {
    const proxy = await rig.proxy();
    const session = await rig.connected(proxy.connect, {
      sessionTimeout: 2000,
    });
    await session.create("/mine", EMPTY, "ephemeral");
    const told = listen(session);
    proxy.mode = "blackhole";
    await tells(told, "lost");
    expect(told.slice(0, 2)).to.deep.equal(["suspended", "lost"]);
    expect(session.epoch).to.be.above(1);
    proxy.mode = "ok";
    proxy.cut();
    await session.ready({ within: 20_000 });
    await eventually("the server has given it up", async () => {
      return (await session.exists("/mine")).code === "NO_NODE";
    });
  });

  it("is lost before the server gives it up, wherever in their rounds both are", async () => {
    const late = new Set<string>();
    const left = new Map<string, string>();
    /** From here on nothing of it arrives, and the server's clock runs. */
    const silent = async (how: string, moment: number, delay: number) => {
      const proxy = await rig.proxy();
      proxy.delay = delay;
      await pause(moment);
      const options = { sessionTimeout: 2000 };
      const session = await rig.connected(proxy.connect, options);
      const id = `0x${session.sessionId}`;
      left.set(id, how);
      session.once("lost", () => left.delete(id)); // on a busy machine perhaps at once
      if (how === "asked") await session.exists("/");
      proxy.mode = "blackhole";
    };
    // the server looks every 500 ms; what counts is when a request was sent, not when it was answered
    const kinds = {
      opened: [100, 0],
      "opened slowly": [12, 250],
      asked: [12, 250],
    };
    await Promise.all(
      Object.entries(kinds).flatMap(([how, [count, delay]]) =>
        Array.from({ length: count! }, (_, i) =>
          silent(how, (i * 500) / count!, delay!),
        ),
      ),
    );
    await eventually("the server has given up all", async () => {
      const known = await rig.server.fourLetter("dump");
      await pause(1); // our own clocks go first, if they are due
      for (const [id, how] of left) if (!known.includes(id)) late.add(how);
      return left.size === 0;
    });
    expect([...late]).to.deep.equal([]);
  });

  it("is told of operations under way when it is lost", async () => {
    const proxy = await rig.proxy();
    const session = await rig.connected(proxy.connect, {
      sessionTimeout: 1000,
      operationTimeout: 60_000,
    });
    proxy.mode = "dropReplies";
    const reply = await session.create("/unknown");
    expect(isLoss(reply)).to.equal(true);
    expect(reply.unsent).to.equal(undefined);
  });

  it("notices after a blocked event loop that it is over", async () => {
    const session = await rig.connected(undefined, { sessionTimeout: 1000 });
    const told = listen(session);
    await session.create("/blocked", EMPTY, "ephemeral");
    const until = performance.now() + 3000;
    while (performance.now() < until);
    await tells(told, "lost");
    await session.ready({ within: 20_000 });
    expect((await session.exists("/")).code).to.equal("OK");
  });

  it("does not take answers for late that came while the event loop was blocked", async () => {
    const session = await rig.connected(undefined, { operationTimeout: 300 });
    const told = listen(session);
    const pending = session.exists("/");
    await new Promise<void>((sent) => process.nextTick(sent));
    const until = performance.now() + 500;
    while (performance.now() < until);
    expect((await pending).code).to.equal("OK");
    expect(told).to.deep.equal([]);
  });

  it("begins anew at once when the server says that it has expired", async () => {
    const session = await rig.connected();
    await session.create("/ended", EMPTY, "ephemeral");
    const over = new Promise((resolve) => session.once("lost", resolve));
    const { client } = session as unknown as { client: zookeeper.Client };
    const known = {
      sessionId: client.getSessionId(),
      sessionPassword: client.getSessionPassword(),
    };
    // whoever knows its password may end it; now and then the library loses the close
    const others: zookeeper.Client[] = [];
    const end = () => {
      const other = zookeeper.createClient(rig.server.connect, known as object);
      others.push(other);
      other.once("connected", () => other.close());
      other.connect();
    };
    end();
    const again = setInterval(end, 3000);
    void over.then(() => {
      clearInterval(again);
      for (const other of others) other.close();
    });
    expect(await over).to.equal("the server says that the session has expired");
    await session.ready({ within: 20_000 });
    expect(session.epoch).to.equal(2);
    expect((await session.exists("/ended")).code).to.equal("NO_NODE");
  });

  it("that is closed sends nothing more, and says so", async () => {
    const session = await rig.connected();
    await session.close();
    expect(await session.create("/after")).to.deep.equal({
      code: "CONNECTION_LOSS",
      unsent: true,
    });
  });

  it("takes the time-out that the server grants", async () => {
    const session = await rig.connected(undefined, { sessionTimeout: 1 });
    expect(session.sessionTimeout).to.equal(1000);
    const long = await rig.connected(undefined, { sessionTimeout: 600_000 });
    expect(long.sessionTimeout).to.equal(10_000);
  });

  it("counts what it sends, by kind", async () => {
    const session = await rig.connected();
    await session.create("/counted");
    await session.multi([check("x", "/counted")]);
    expect(session.sent.get("create")).to.equal(1);
    expect(session.sent.get("multi")).to.equal(1);
  });
});

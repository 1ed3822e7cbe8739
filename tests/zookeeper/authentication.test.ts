import { expect } from "chai";
import { create, EMPTY } from "../../core/zookeeper/operations";
import { listen, tells, useRig } from "./rig";

const auth = [{ scheme: "digest", credentials: "ours:secret" }];

describe("a session with credentials", () => {
  const rig = useRig();

  it("is known to the server before its first operation", async () => {
    for (let round = 0; round < 10; round++) {
      const session = rig.open(rig.server.connect, { auth });
      const first = new Promise<string>((resolve) =>
        session.once("connected", () => {
          // in the very event: nothing can be earlier
          void session
            .create(`/first-${round}`)
            .then(({ code }) => resolve(code));
        }),
      );
      expect(await first).to.equal("OK");
      await session.close();
    }
  });

  it("is known again after each reconnect, before the next operation", async () => {
    const proxy = await rig.proxy();
    const session = await rig.connected(proxy.connect, { auth });
    await session.create("/closed");
    const others = await rig.connected();
    expect((await others.getData("/closed")).code).to.equal("NO_AUTH");
    for (let round = 0; round < 10; round++) {
      const next = new Promise<string>((resolve) =>
        session.once("connected", () => {
          void session.getData("/closed").then(({ code }) => resolve(code));
        }),
      );
      proxy.cut();
      expect(await next).to.equal("OK");
    }
    expect(session.epoch).to.equal(1);
  });

  it("is known in the next session", async () => {
    const proxy = await rig.proxy();
    const session = await rig.connected(proxy.connect, {
      auth,
      sessionTimeout: 1000,
    });
    await session.create("/closed-2");
    const told = listen(session);
    proxy.mode = "blackhole";
    await tells(told, "lost");
    proxy.mode = "ok";
    proxy.cut();
    await session.ready({ within: 20_000 });
    expect((await session.getData("/closed-2")).code).to.equal("OK");
  });

  it("makes nodes that are its own, but for those meant to be open", async () => {
    const session = await rig.connected(undefined, { auth });
    await session.multi([
      create("own", "/own"),
      {
        kind: "create",
        as: "open",
        path: "/open",
        data: EMPTY,
        mode: "persistent",
        access: "anyone",
      },
    ]);
    const others = await rig.connected();
    expect((await others.getData("/own")).code).to.equal("NO_AUTH");
    expect((await others.getData("/open")).code).to.equal("OK");
  });

  it("of an unknown scheme is refused: for good, at once, without its credentials in the reason", async () => {
    const session = rig.open(rig.server.connect, {
      auth: [{ scheme: "nonsense", credentials: "ours:secret" }],
    });
    const told = listen(session);
    await tells(told, "refused");
    const error = await session.ready({ within: 20_000 }).then(
      () => null,
      (error: Error) => error,
    );
    expect(error?.message).to.equal(
      `${rig.server.connect} refused the credentials`,
    );
    expect(await session.exists("/")).to.deep.equal({
      code: "AUTH_FAILED",
      unsent: true,
    });
  });
});

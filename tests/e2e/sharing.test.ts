import { expect } from "chai";
import { Observer } from "../support/services";
import { errorsOf, openScene, type Scene } from "../support/scene";

describe("a lock that is shared", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene(["web1", "web2", "web3", "web4"]);
  });
  after(() => scene.stop());

  it("lets two stacks, deployed at the same time by two processes, never act at the same time", async () => {
    const blue = await scene.openStack("blue", {
      a: scene.restart("web1"),
      b: scene.restart("web2"),
    });
    const green = await scene.openStack("green", {
      a: scene.restart("web3"),
      b: scene.restart("web4"),
    });
    const before = scene.services.map((service) => service.identity());
    const observer = new Observer(scene.services);
    for (const service of scene.services) service.hold();
    const running = Promise.all([
      blue.up({ parallel: 4 }),
      green.up({ parallel: 4 }),
    ]);
    await observer.sees(1);
    for (const service of scene.services) service.letGo();
    const results = await running;
    expect(observer.stop()).to.equal(1);
    expect(results.map(errorsOf)).to.deep.equal(["", ""]);
    for (const [i, service] of scene.services.entries()) {
      expect(service.identity()).to.be.a("string");
      expect(service.identity()).to.not.equal(before[i]);
    }
    expect((await scene.lock()).holders).to.deep.equal([]);
  });

  it("takes two services on one host for two owners", async () => {
    const broken = scene.restart("web1", {
      action: { command: "exit 3" },
      lock: { name: "two-owners" },
    });
    const other = scene.restart("web1", {
      process: { commandString: "^another-service$" },
      action: { command: "true" },
      lock: { name: "two-owners" },
    });
    const first = await scene.openStack("first-owner", { broken });
    expect((await first.up()).ok).to.equal(false);
    const kept = await scene.lock("two-owners");
    expect(kept.holders.map(({ state }) => state)).to.deep.equal(["failed"]);

    // the other service of the same machine may not adopt it
    const second = await scene.openStack("second-owner", { other });
    const blocked = await second.up();
    expect(blocked.ok).to.equal(false);
    expect(errorsOf(blocked)).to.match(/blocked by web1 \(/);
    const still = await scene.lock("two-owners");
    expect(still.holders.map(({ id }) => id)).to.deep.equal(
      kept.holders.map(({ id }) => id),
    );

    // the same service of another stack is the same owner
    const same = await scene.openStack("same-owner", {
      mended: scene.restart("web1", { lock: { name: "two-owners" } }),
    });
    const result = await same.up();
    expect(errorsOf(result)).to.equal("");
    expect((await scene.lock("two-owners")).holders).to.deep.equal([]);
  });
});

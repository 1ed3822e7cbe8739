import { expect } from "chai";
import { clear, lockPath } from "../../core/lock";
import { errorsOf, openScene, type Scene } from "../support/scene";
import { resourcesOf } from "../support/told";

describe("a lock that is kept", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene(["web1"]);
  });
  after(() => scene.stop());

  const row = (name: string, command: string, more: object = {}) =>
    scene.restart("web1", {
      ...{ target: name, process: undefined, lock: { name } },
      ...{ action: { command }, ...more },
    });
  const holders = async (name: string) =>
    (await scene.lock(name)).holders.map(({ id }) => id);

  it("and was cleared since is waited for like any other: nothing is taken over", async () => {
    const cleared = await scene.openStack("cleared", {
      cleared: row("cleared", "exit 3"),
    });
    expect((await cleared.up()).ok).to.equal(false);
    const [holder] = await holders("cleared");
    const path = lockPath("/locked-action", "cleared");
    await scene.withSession((session) =>
      clear(session, path, holder!, { by: "operator@desk", why: "mended" }),
    );
    await scene.setActions(cleared, { cleared: row("cleared", "true") });
    expect(errorsOf(await cleared.up())).to.equal("");
    const { outputs } = (await resourcesOf(cleared)).cleared!;
    expect(outputs).to.deep.include({ outcome: "acted" });
    expect(outputs).not.to.have.any.keys("failure", "kept");
    expect(await holders("cleared")).to.deep.equal([]);
  });

  it("stays when its resource is deleted with retainOnDelete", async () => {
    const options = { retainOnDelete: true };
    const stack = await scene.openStack("retained", {
      retained: row("retained", "exit 3", { options }),
    });
    expect((await stack.up()).ok).to.equal(false);
    const before = await holders("retained");
    expect(before).to.have.length(1);
    expect(errorsOf(await stack.destroy())).to.equal("");
    expect(await holders("retained")).to.deep.equal(before);
  });
});

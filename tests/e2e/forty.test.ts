import { expect } from "chai";
import {
  errorsOf,
  openScene,
  type Actions,
  type Scene,
} from "../support/scene";

describe("forty actions on one lock, four at a time", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene(["web1"]);
  });
  after(() => scene.stop());

  it("go on after the failed one was repaired by the printed command, though others are waiting before it", async () => {
    const names = Array.from({ length: 40 }, (_, i) => `host${i + 1}`);
    const acting = (command: (name: string) => string): Actions =>
      Object.fromEntries(
        names.map((name) => [
          name,
          {
            ...scene.restart("web1", { action: { command: command(name) } }),
            target: name,
            process: undefined,
          },
        ]),
      );
    const last = "host40";
    const failing = acting((name) => (name === last ? "exit 9" : "true"));

    const stack = await scene.openStack("forty", { [last]: failing[last]! });
    expect((await stack.up()).ok).to.equal(false);

    // now all of them; whoever comes first finds the failed holder
    await scene.setActions(stack, failing);
    const blocked = await stack.up({ parallel: 4 });
    expect(blocked.ok).to.equal(false);
    const command = /pulumi up --target '?([^'\s]+)/.exec(errorsOf(blocked));
    expect(command?.[1]).to.match(/::host40$/);

    await scene.setActions(
      stack,
      acting(() => "true"),
    );
    const repaired = await stack.up({ parallel: 4, target: [command![1]!] });
    expect(errorsOf(repaired)).to.equal("");
    expect((await scene.lock()).holders).to.deep.equal([]);

    const rest = await stack.up({ parallel: 4 });
    expect(errorsOf(rest)).to.equal("");
    const outcomes = Object.values(
      stack.outputs().outcomes as Record<string, unknown>,
    );
    expect(outcomes).to.deep.equal(Array.from(names, () => "acted"));
    expect((await scene.lock()).waiters).to.deep.equal([]);
  });
});
